// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tune;

import io.jishi.engine.Engine;
import io.jishi.engine.Generation;
import io.jishi.engine.Prompt;
import io.jishi.engine.Request;
import io.jishi.engine.Sampling;
import io.jishi.text.Tokenizer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/** Lets a model answer examples, by its likeliest tokens, and compares. */
public final class Judge {
  /** Requests that wait at once: below the queue of an engine. */
  private static final int AT_ONCE = 16;

  /** Room beyond the longest answer, so that one that runs on is seen to. */
  private static final int SLACK = 8;

  private Judge() {}

  /** Asks and compares. */
  public static Score score(Engine engine, List<Example> examples) {
    return Score.of(examples, answers(engine, examples));
  }

  /** The model's answers, in the order of the examples. */
  public static List<String> answers(Engine engine, List<Example> examples) {
    int most =
        examples.stream().mapToInt(e -> tokens(engine.tokenizer(), e.answer())).max().orElse(0)
            + SLACK;
    List<String> answers = new ArrayList<>();
    Deque<Generation> running = new ArrayDeque<>();
    try {
      for (Example example : examples) {
        if (running.size() == AT_ONCE) {
          answers.add(running.remove().result().text());
        }
        Prompt prompt = new Prompt.Chat(example.prompt(), Map.of());
        running.add(engine.start(new Request(prompt, Sampling.GREEDY, most, List.of())));
      }
      while (!running.isEmpty()) {
        answers.add(running.remove().result().text());
      }
      return answers;
    } finally {
      running.forEach(Generation::close);
    }
  }

  private static int tokens(Tokenizer tokenizer, String text) {
    return tokenizer.encode(text, Tokenizer.Special.TEXT).length;
  }
}
