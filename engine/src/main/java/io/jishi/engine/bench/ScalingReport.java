// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import java.util.Arrays;
import java.util.Map;

/**
 * What more threads gain, measured in turns in one process.
 *
 * @param several all threads
 * @param one a thread alone
 * @param times of pairs of neighbouring repeats, the rate of several threads over that of one
 */
public record ScalingReport(BenchReport several, BenchReport one, Times times) {

  /**
   * Quartiles of a ratio.
   *
   * @param lower a quarter is below it
   * @param median half is below it
   * @param upper a quarter is above it
   */
  public record Times(double lower, double median, double upper) {}

  /**
   * A report of two that were measured in turns.
   *
   * @param rates of several threads, in the order of measuring
   * @param ratesOfOne of one thread, as many
   */
  public static ScalingReport of(
      BenchReport several, double[] rates, BenchReport one, double[] ratesOfOne) {
    double[] ratios = new double[rates.length];
    Arrays.setAll(ratios, i -> rates[i] / ratesOfOne[i]);
    Arrays.sort(ratios);
    Times times =
        new Times(Quantile.of(ratios, 0.25), Quantile.of(ratios, 0.5), Quantile.of(ratios, 0.75));
    return new ScalingReport(several, one, times);
  }

  /** How many times what one thread can do all of them can, in products alone. */
  public double timesOfProducts() {
    return several.limits().opsPerSecond() / one.limits().opsPerSecond();
  }

  /** The report as plain values for JSON. */
  public Map<String, Object> toJson() {
    return Plain.object(
        "several", several.toJson(),
        "one", one.toJson(),
        "times",
            Plain.object(
                "lowerQuartile", times.lower,
                "median", times.median,
                "upperQuartile", times.upper),
        "timesOfProducts", timesOfProducts());
  }
}
