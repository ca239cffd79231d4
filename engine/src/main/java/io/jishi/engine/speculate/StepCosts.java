// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.speculate;

/**
 * The time of a step by its number of tokens: what was measured of late for that very number, as
 * far as there is such, drawn towards a line through all measurements of several tokens (least
 * squares, weights that fade). One token stands for itself: its products run other code than those
 * of several. As long as all steps had about the same size, which says nothing about the line's
 * slope, the slope is what is usual.
 */
final class StepCosts {
  /** Weight that a measurement keeps with each one after it: about fifty count. */
  private static final double KEEP = 0.98;

  /** A further token's share of the time of one token, unless measured: weights are read once. */
  private static final double USUAL = 0.2;

  /** Spread of sizes, tokens squared, at which measured and usual slope count alike. */
  private static final double TRUST = 0.25;

  /** With fewer measurements there is no line yet. */
  private static final double FEW = 0.5;

  /** Measurements of a size that count as much as the line. */
  private static final double LINE = 1;

  /** A step that took so many times longer than expected was disturbed; no more is believed. */
  private static final double OUTLIER = 3;

  /** A further token takes so much of its share of a step at least. */
  private static final double LEAST = 0.01;

  /** Larger steps have no measurements of their own. */
  private static final int SIZES = 128;

  private final double[] weights = new double[SIZES];
  private final double[] means = new double[SIZES];
  private double weight;
  private double sumTokens;
  private double sumNanos;
  private double sumSquares;
  private double sumProducts;

  /** Takes the time of a step. */
  void observe(int tokens, double nanos) {
    double believed = known() ? Math.min(nanos, OUTLIER * at(tokens)) : nanos;
    int counts = tokens > 1 ? 1 : 0;
    weight = KEEP * weight + counts;
    sumTokens = KEEP * sumTokens + counts * tokens;
    sumNanos = KEEP * sumNanos + counts * believed;
    sumSquares = KEEP * sumSquares + counts * (double) tokens * tokens;
    sumProducts = KEEP * sumProducts + counts * tokens * believed;
    for (int n = 0; n < SIZES; n++) {
      weights[n] *= KEEP;
    }
    if (tokens < SIZES) {
      weights[tokens] += 1;
      means[tokens] += (believed - means[tokens]) / weights[tokens];
    }
  }

  private boolean known() {
    return weight > 0 || weights[1] > 0;
  }

  /** What a step of so many tokens takes, nanoseconds; in units of one token while unknown. */
  double at(int tokens) {
    double own = tokens < SIZES ? weights[tokens] : 0;
    return own == 0 ? line(tokens) : (own * means[tokens] + LINE * line(tokens)) / (own + LINE);
  }

  private double line(int tokens) {
    if (weight < FEW) {
      return (weights[1] > 0 ? means[1] : 1) * (1 + USUAL * (tokens - 1));
    }
    double middle = sumTokens / weight;
    double nanos = sumNanos / weight;
    double usual = USUAL * nanos / (1 + USUAL * (middle - 1));
    double spread = Math.max(0, sumSquares / weight - middle * middle);
    double together = sumProducts / weight - middle * nanos;
    double share = nanos / middle;
    double slope = Math.max(LEAST * share, (together + TRUST * usual) / (spread + TRUST));
    return Math.max(LEAST * share * tokens, nanos + slope * (tokens - middle));
  }
}
