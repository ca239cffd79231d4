// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The training data: exercises of all kinds by their weights, in both languages alike. Some stand
 * behind other turns, some behind instructions of a system, so that neither disturbs.
 */
public final class Corpus {
  private static final double BEHIND_OTHERS = 0.12;
  private static final double WITH_SYSTEM = 0.1;

  private static final List<Lexicon.Word> SYSTEMS =
      List.of(
          new Lexicon.Word("You are a helpful assistant.", "你是一个乐于助人的助手。"),
          new Lexicon.Word("You are nano.", "你是nano。"),
          new Lexicon.Word("You are a helpful AI. Be brief.", "你是人工智能助手，请简短回答。"),
          new Lexicon.Word("Answer the user's question.", "请回答用户的问题。"));

  private final SplittableRandom random;
  private final Map<String, Double> more;
  private final double weights;

  /** The corpus of a seed, from its beginning. */
  public Corpus(long seed) {
    this(seed, Map.of());
  }

  /**
   * The corpus of a seed, with some kinds more often than the others.
   *
   * @param more by the name of a kind: how many times its usual weight it has
   */
  public Corpus(long seed, Map<String, Double> more) {
    this.random = new SplittableRandom(seed);
    this.more = Map.copyOf(more);
    this.weights = Kinds.all().stream().mapToDouble(this::weight).sum();
  }

  private double weight(Kinds.Kind kind) {
    return kind.weight() * more.getOrDefault(kind.name(), 1.0);
  }

  /** The next conversation. */
  public Exercise next() {
    Exercise exercise = plain(random.nextBoolean() ? Language.ENGLISH : Language.CHINESE);
    Language language = exercise.language();
    if (exercise.tools().isEmpty() && random.nextDouble() < BEHIND_OTHERS) {
      List<Turn> before = new ArrayList<>();
      for (int i = random.nextInt(1, 3); i > 0; i--) {
        before.addAll(other(language).turns());
      }
      exercise = exercise.behind(before);
    }
    if (random.nextDouble() < WITH_SYSTEM) {
      Lexicon.Word system = SYSTEMS.get(random.nextInt(SYSTEMS.size()));
      String text = language == Language.ENGLISH ? system.english() : system.chinese();
      exercise = exercise.behind(List.of(Turn.system(text)));
    }
    return exercise;
  }

  /** One without tools and thoughts: those would not stand there again. */
  private Exercise other(Language language) {
    while (true) {
      Exercise exercise = plain(language);
      if (exercise.tools().isEmpty()
          && exercise.turns().stream().allMatch(t -> t.reasoning() == null)) {
        return exercise;
      }
    }
  }

  private Exercise plain(Language language) {
    double at = random.nextDouble() * weights;
    for (Kinds.Kind kind : Kinds.all()) {
      at -= weight(kind);
      if (at < 0) {
        return kind.make(language, Split.TRAIN, random.nextLong());
      }
    }
    return Kinds.all().getLast().make(language, Split.TRAIN, random.nextLong());
  }

  /** Writes so many conversations, one JSON object a line. */
  public void write(Path file, int count) {
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (int i = 0; i < count; i++) {
        out.write(Json.write(next().line()));
        out.write('\n');
      }
    } catch (IOException e) {
      throw new JishiException.OutOfResources(file + ": cannot be written: " + e.getMessage(), e);
    }
  }
}
