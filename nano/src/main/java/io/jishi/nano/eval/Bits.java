// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.eval;

import io.jishi.engine.Engine;
import io.jishi.nano.data.Exercise;
import io.jishi.nano.data.Kinds;
import io.jishi.nano.data.Language;
import io.jishi.nano.data.Split;
import io.jishi.text.template.ChatTemplate;
import io.jishi.train.data.ChatTokens;
import io.jishi.train.data.Document;
import java.util.List;
import java.util.Map;

/** How well a model foresees right answers, thoughts and control tokens included. */
public final class Bits {
  private double bits;
  private long bytes;

  private Bits() {}

  /**
   * Bits for each byte (UTF-8) of the answers to exercises with held-out wordings.
   *
   * @param each exercises of each kind
   */
  public static double perByte(Engine engine, Language language, int each, long seed) {
    ChatTokens encoder =
        new ChatTokens(engine.tokenizer(), ChatTemplate.compile(engine.info().template()));
    Bits sum = new Bits();
    for (Kinds.Kind kind : Kinds.all()) {
      for (int i = 0; i < each; i++) {
        sum.add(engine, encoder, kind.make(language, Split.WORDINGS, seed + i));
      }
    }
    return sum.bits / sum.bytes;
  }

  private void add(Engine engine, ChatTokens encoder, Exercise exercise) {
    Map<String, Object> line = exercise.line();
    List<Map<String, Object>> messages =
        exercise.turns().stream().map(io.jishi.nano.data.Turn::message).toList();
    Document document = new Document("", messages, line.get("tools"), false, exercise.kind());
    ChatTokens.Learned last = encoder.encode(document).getLast();
    int[] tokens = last.tokens();
    float[][] logits = engine.logits(tokens, true);
    for (int i = 1; i < tokens.length; i++) {
      if (last.learned()[i]) {
        bits -= logProbability(logits[i - 1], tokens[i]) / Math.log(2);
        bytes +=
            engine.tokenizer().isControl(tokens[i])
                ? 0
                : engine.tokenizer().bytes(tokens[i]).length;
      }
    }
  }

  private static double logProbability(float[] logits, int token) {
    double most = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      most = Math.max(most, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - most);
    }
    return logits[token] - most - Math.log(sum);
  }
}
