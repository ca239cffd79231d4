// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.engine.bench.BenchReport;
import io.jishi.engine.bench.Quantile;
import io.jishi.engine.bench.ScalingReport;
import io.jishi.engine.bench.WarmUp;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.Precision;
import io.jishi.train.tape.TrainBench;
import io.jishi.train.tape.TrainerOptions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** Measures whole steps of training beside what the products of this machine can do. */
public final class TrainingBench {
  /** Steps of a turn that do not count: a virtual machine's third is as fast as later ones. */
  private static final int SETTLING = 2;

  /** Steps of a turn that count. */
  private static final int TURN = 5;

  private static final int CLIP = 1;

  private TrainingBench() {}

  /**
   * What to measure.
   *
   * @param shape such as {@code width=320,layers=6}; what is not named is of the default shape
   * @param precision of products
   * @param repeats steps that count
   * @param warmUp how long the JIT rests before steps count; see {@link WarmUp}
   * @param threads processors, 0 for all
   */
  public record Options(
      String shape, Recipe.Precision precision, int repeats, Duration warmUp, int threads) {
    /** Checks the numbers. */
    public Options {
      parsed(shape);
      if (repeats < 1) {
        throw new JishiException.BadRequest("repeats", "at least 1 repeat is needed");
      }
      WarmUp.check(warmUp);
    }

    /** Processors that work. */
    private int width() {
      int all = Backend.cpu().threads();
      return threads == 0 ? all : Math.min(all, threads);
    }
  }

  private static TrainBench.Shape parsed(String text) {
    TrainBench.Shape d = TrainBench.Shape.DEFAULT;
    int[] values = {
      d.vocabulary(), d.width(), d.layers(), d.heads(), d.inner(), d.context(), d.batch()
    };
    List<String> names =
        List.of("vocabulary", "width", "layers", "heads", "ffn", "context", "batch");
    for (String part : text.isBlank() ? new String[0] : text.split(",")) {
      String[] pair = part.strip().split("=");
      int at = names.indexOf(pair[0].strip());
      if (at < 0 || pair.length != 2 || !pair[1].strip().matches("[1-9][0-9]{0,6}")) {
        throw new JishiException.BadRequest(
            "shape",
            "'"
                + part
                + "' is no part of a shape such as width=320,layers=6; parts are "
                + String.join(", ", names));
      }
      values[at] = Integer.parseInt(pair[1].strip());
    }
    if (values[1] % values[3] != 0 || values[1] / values[3] % 2 != 0) {
      throw new JishiException.BadRequest(
          "shape", "a width of " + values[1] + " over " + values[3] + " heads gives no even head");
    }
    return new TrainBench.Shape(
        values[0], values[1], values[2], values[3], values[4], values[5], values[6]);
  }

  /**
   * Measures.
   *
   * @param progress told what is done next
   * @return one run of kind {@code train}: tokens of a sequence, sequences of a step
   */
  public static BenchReport run(Options options, Consumer<String> progress) {
    try (Subject subject = new Subject(options, options.width())) {
      measure(List.of(subject), options, progress);
      return subject.report();
    }
  }

  /**
   * Measures all threads and one in turns, so that both have the same neighbours. A turn is some
   * steps in a row, of which the first do not count: training goes on in the memory of the step
   * before, and steps behind another trainer's take up to twice as long.
   *
   * @param progress told what is done next
   * @throws JishiException.BadRequest where there is but one thread
   */
  public static ScalingReport scaling(Options options, Consumer<String> progress) {
    if (options.width() == 1) {
      throw new JishiException.BadRequest(
          "threads", "two threads or more are needed to compare them with one, not one");
    }
    try (Subject several = new Subject(options, options.width());
        Subject one = new Subject(options, 1)) {
      measure(List.of(several, one), options, progress);
      return ScalingReport.of(several.report(), several.rates, one.report(), one.rates);
    }
  }

  private static void measure(List<Subject> subjects, Options options, Consumer<String> progress) {
    progress.accept("measuring products");
    subjects.forEach(Subject::measureProducts);
    progress.accept("measuring steps of " + subjects.getFirst().bench.tokens() + " tokens");
    WarmUp.run(options.warmUp, () -> subjects.forEach(s -> s.bench.step()));
    int turn = subjects.size() == 1 ? options.repeats : TURN;
    for (int from = 0; from < options.repeats; from += turn) {
      for (Subject s : subjects) {
        for (int i = 0; i < SETTLING && subjects.size() > 1; i++) {
          s.bench.step();
        }
        for (int r = from; r < Math.min(from + turn, options.repeats); r++) {
          s.rates[r] = s.bench.tokens() / s.bench.step();
        }
      }
    }
    progress.accept("measuring products");
    subjects.forEach(Subject::measureProducts);
  }

  /** Training on some threads and what was seen of it. */
  private static final class Subject implements AutoCloseable {
    private final Backend backend = Backend.cpu();
    private final TrainBench.Shape shape;
    private final boolean bf16;
    private final int threads;
    private final TrainBench bench;

    /** Tokens per second of each repeat, in order. */
    private final double[] rates;

    private double peak;

    Subject(Options options, int threads) {
      shape = parsed(options.shape);
      bf16 = options.precision == Recipe.Precision.BF16;
      this.threads = threads;
      MatrixProducts.Inputs inputs = bf16 ? MatrixProducts.Inputs.BF16 : MatrixProducts.Inputs.FP32;
      bench = new TrainBench(shape, backend, new TrainerOptions(threads, inputs, false, CLIP));
      rates = new double[options.repeats];
    }

    private DType type() {
      return bf16 ? DType.BF16 : DType.F32;
    }

    private Precision precision() {
      return bf16 ? Precision.FAST : Precision.EXACT;
    }

    void measureProducts() {
      peak = Math.max(peak, backend.measureProducts(type(), precision(), threads));
    }

    BenchReport report() {
      double[] sorted = rates.clone();
      Arrays.sort(sorted);
      double most = sorted[sorted.length - 1];
      double median = Quantile.of(sorted, 0.5);
      double ops = median * bench.operationsPerToken();
      double shown = most * bench.operationsPerToken();
      double limit = Math.max(peak, shown);
      BenchReport.Run run =
          new BenchReport.Run(
              "train",
              shape.context(),
              shape.batch(),
              median,
              sorted[0],
              most,
              0,
              ops,
              0,
              ops / limit);
      String name = "training, " + bench.parameters() + " parameters, " + (bf16 ? "bf16" : "fp32");
      BenchReport.Limits limits =
          new BenchReport.Limits(
              0, limit, backend.productsEstimated(type(), precision()), shown > peak);
      return new BenchReport(name, threads, limits, List.of(run), List.of());
    }

    @Override
    public void close() {
      bench.close();
    }
  }
}
