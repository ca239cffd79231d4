// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.eval;

import io.jishi.engine.Engine;
import io.jishi.engine.EngineOptions;
import io.jishi.engine.Sampling;
import io.jishi.nano.data.Kinds;
import io.jishi.nano.data.Language;
import io.jishi.nano.data.Split;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * The whole measurement of a model, beside smaller ones and a baseline.
 *
 * @param each exercises of each kind, language and part that is held out
 * @param seed of the exercises; training never sees held-out ones, whatever the seed
 * @param threads processors, 0 for all
 */
public record Evaluation(int each, long seed, int threads) {
  private static final float TEMPERATURE = 0.7f;

  /** The baseline remembers so many training exercises. */
  private static final int REMEMBERED = 20_000;

  /**
   * Exercises of each kind whose bits are counted: they cost a product with the whole vocabulary.
   */
  private static final int COUNTED = 10;

  /**
   * Measures.
   *
   * @param models the one that the page is about first
   * @param progress is told what is measured
   * @return the page
   */
  public String run(List<Path> models, Consumer<String> progress) {
    List<Report.Column> columns = new ArrayList<>();
    for (Path model : models) {
      boolean first = columns.isEmpty();
      EngineOptions options = EngineOptions.DEFAULT.withThreads(threads);
      try (Engine engine = Engine.open(model, options)) {
        String name = size(engine);
        List<Split> splits =
            first ? List.of(Split.WORDINGS, Split.PATTERNS, Split.VALUES) : List.of(Split.WORDINGS);
        columns.add(measured(engine, name, Sampling.GREEDY, splits, progress));
        if (first) {
          Sampling sampled = new Sampling(TEMPERATURE, 0, 1, 0, seed);
          String said = name + " at " + TEMPERATURE;
          Solver solver = new EngineSolver(engine, sampled);
          columns.add(
              new Report.Column(
                  said, scores(solver, said, List.of(Split.WORDINGS), progress), List.of()));
        }
      }
    }
    Solver baseline = new Neighbour(seed, REMEMBERED);
    List<Score> scores = scores(baseline, "neighbour", List.of(Split.WORDINGS), progress);
    columns.add(new Report.Column("neighbour", scores, List.of()));
    return Report.of(head(), columns.getFirst(), columns.subList(1, columns.size()));
  }

  private Report.Column measured(
      Engine engine,
      String name,
      Sampling sampling,
      List<Split> splits,
      Consumer<String> progress) {
    List<Score> scores = scores(new EngineSolver(engine, sampling), name, splits, progress);
    List<Double> bits = new ArrayList<>();
    for (Language language : Language.values()) {
      bits.add(Bits.perByte(engine, language, Math.min(each, COUNTED), seed));
    }
    return new Report.Column(name, scores, bits);
  }

  private List<Score> scores(
      Solver solver, String name, List<Split> splits, Consumer<String> progress) {
    List<Score> scores = new ArrayList<>();
    for (Kinds.Kind kind : Kinds.all()) {
      progress.accept(name + ": " + kind.name());
      for (Language language : Language.values()) {
        for (Split split : splits) {
          if (split != Split.VALUES || kind.valued()) {
            scores.add(Score.of(solver, kind, language, split, each, seed));
          }
        }
      }
    }
    return scores;
  }

  private static String size(Engine engine) {
    double millions = engine.info().parameters() / 1e6;
    return String.format(Locale.ROOT, millions < 1 ? "%.2fM" : "%.1fM", millions);
  }

  private String head() {
    return """
    # How good is nano?

    Written by `jishi nano eval`; do not edit. %d exercises of each kind, language and part, seed %d. An answer counts
    only if it is exactly right (JSON: the same value; a tool call: the same name and arguments; countdown: any
    expression that reaches the target). Without sampling, unless said otherwise.

    - **wordings**: sentences that training never saw, made of pieces that it saw.
    - **patterns**: sentences built otherwise than any in training.
    - **values**: numbers, names and lists that training never saw, in sentences that it saw; – where none
      were held out.
    - **neighbour**: the answer of the most similar question among %,d training exercises.
    """
        .formatted(each, seed, REMEMBERED);
  }
}
