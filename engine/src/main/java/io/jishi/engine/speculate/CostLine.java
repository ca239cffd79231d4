// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.speculate;

/**
 * The time of a step by its number of tokens: a line through what was measured of late, by least
 * squares with weights that fade. As long as all steps had about the same size, which says nothing
 * about its slope, the slope is what is usual.
 */
final class CostLine {
  /** Weight that a measurement keeps with each one after it: about fifty count. */
  private static final double KEEP = 0.98;

  /** A further token's share of the time of one token, unless measured: weights are read once. */
  private static final double USUAL = 0.2;

  /** Spread of sizes, tokens squared, at which measured and usual slope count alike. */
  private static final double TRUST = 0.25;

  /** A step that took so many times longer than expected was disturbed; no more is believed. */
  private static final double OUTLIER = 3;

  private static final double LEAST = 0.01;

  private double weight;
  private double sumTokens;
  private double sumNanos;
  private double sumSquares;
  private double sumProducts;

  /** Takes the time of a step. */
  void observe(int tokens, double nanos) {
    double believed = weight < 1 ? nanos : Math.min(nanos, OUTLIER * at(tokens));
    weight = KEEP * weight + 1;
    sumTokens = KEEP * sumTokens + tokens;
    sumNanos = KEEP * sumNanos + believed;
    sumSquares = KEEP * sumSquares + (double) tokens * tokens;
    sumProducts = KEEP * sumProducts + tokens * believed;
  }

  /** What a step of so many tokens takes, nanoseconds; in units of one token while unknown. */
  double at(int tokens) {
    if (weight == 0) {
      return 1 + USUAL * (tokens - 1);
    }
    return sumNanos / weight + each() * (tokens - sumTokens / weight);
  }

  /** What a further token takes, nanoseconds; never more than its share of a whole step. */
  double each() {
    if (weight == 0) {
      return USUAL;
    }
    double tokens = sumTokens / weight;
    double nanos = sumNanos / weight;
    double usual = USUAL * nanos / (1 + USUAL * (tokens - 1));
    double spread = Math.max(0, sumSquares / weight - tokens * tokens);
    double together = sumProducts / weight - tokens * nanos;
    double slope = (together + TRUST * usual) / (spread + TRUST);
    return Math.clamp(slope, LEAST * nanos / tokens, nanos / tokens);
  }
}
