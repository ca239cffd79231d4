// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.engine.bench.BenchReport;
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
    Backend backend = Backend.cpu();
    int all = backend.threads();
    int threads = options.threads == 0 ? all : Math.min(all, options.threads);
    boolean bf16 = options.precision == Recipe.Precision.BF16;
    DType type = bf16 ? DType.BF16 : DType.F32;
    Precision precision = bf16 ? Precision.FAST : Precision.EXACT;
    TrainBench.Shape shape = parsed(options.shape);
    MatrixProducts.Inputs inputs = bf16 ? MatrixProducts.Inputs.BF16 : MatrixProducts.Inputs.FP32;
    progress.accept("measuring products");
    double peak = backend.measureProducts(type, precision, threads);
    try (TrainBench bench =
        new TrainBench(shape, backend, new TrainerOptions(threads, inputs, false, CLIP))) {
      progress.accept("measuring steps of " + bench.tokens() + " tokens");
      double[] rates = rates(bench, options);
      progress.accept("measuring products");
      peak = Math.max(peak, backend.measureProducts(type, precision, threads));
      double median = median(rates);
      double ops = median * bench.operationsPerToken();
      double most = rates[rates.length - 1] * bench.operationsPerToken();
      double limit = Math.max(peak, most);
      BenchReport.Run run =
          new BenchReport.Run(
              "train",
              shape.context(),
              shape.batch(),
              median,
              rates[0],
              rates[rates.length - 1],
              0,
              ops,
              0,
              ops / limit);
      String name = "training, " + bench.parameters() + " parameters, " + (bf16 ? "bf16" : "fp32");
      BenchReport.Limits limits =
          new BenchReport.Limits(0, limit, backend.productsEstimated(type, precision), most > peak);
      return new BenchReport(name, threads, limits, List.of(run), List.of());
    }
  }

  private static double[] rates(TrainBench bench, Options options) {
    WarmUp.run(options.warmUp, bench::step);
    double[] rates = new double[options.repeats];
    for (int r = 0; r < rates.length; r++) {
      rates[r] = bench.tokens() / bench.step();
    }
    Arrays.sort(rates);
    return rates;
  }

  private static double median(double[] sorted) {
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
