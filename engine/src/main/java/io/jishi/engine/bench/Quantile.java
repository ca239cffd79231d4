// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

/** Quantiles of measurements. */
public final class Quantile {
  private Quantile() {}

  /**
   * The value below which a share of them lies, between two of them where it must.
   *
   * @param sorted ascending, at least one
   * @param share 0 to 1; 0.5 is the median
   */
  public static double of(double[] sorted, double share) {
    double at = share * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
