// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import java.util.Arrays;

/** How many values fell below each of some bounds. Safe for use by several threads. */
final class Histogram {
  private final double[] bounds;
  private final long[] counts;
  private double sum;

  /** An empty one over rising bounds. */
  Histogram(double... bounds) {
    this.bounds = bounds.clone();
    this.counts = new long[bounds.length + 1];
  }

  /** Powers of two times {@code first}, so many of them. */
  static Histogram doubling(double first, int count) {
    double[] bounds = new double[count];
    Arrays.setAll(bounds, i -> first * (1L << i));
    return new Histogram(bounds);
  }

  synchronized void add(double value) {
    int at = 0;
    while (at < bounds.length && value > bounds[at]) {
      at++;
    }
    counts[at]++;
    sum += value;
  }

  /** Writes the samples of a histogram of that name, as Prometheus reads them. */
  synchronized void write(String name, StringBuilder out) {
    long below = 0;
    for (int i = 0; i < counts.length; i++) {
      below += counts[i];
      String bound = i == bounds.length ? "+Inf" : String.valueOf(bounds[i]);
      out.append(name).append("_bucket{le=\"").append(bound).append("\"} ").append(below);
      out.append('\n');
    }
    out.append(name).append("_sum ").append(sum).append('\n');
    out.append(name).append("_count ").append(below).append('\n');
  }
}
