// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

/**
 * What one loss wants of a batch.
 *
 * @param labels one a token: what to say there, or {@link #IGNORE}; null where values are wanted
 * @param weights one a token, what a token counts; null counts each labelled token 1
 * @param values one a token: what to estimate there, or what a loss says; null where labels are
 *     wanted
 */
public record Targets(int[] labels, float[] weights, float[] values) {
  /** The label of a token from which nothing is to be learned. */
  public static final int IGNORE = -100;

  /** Labels that count 1 each. */
  public static Targets of(int[] labels) {
    return new Targets(labels, null, null);
  }

  /** What token {@code t} counts. */
  public float weight(int t) {
    if (labels != null && labels[t] < 0) {
      return 0;
    }
    return weights == null ? 1 : weights[t];
  }

  /** What all tokens count together. */
  public double total() {
    int size = labels != null ? labels.length : values.length;
    double sum = 0;
    for (int t = 0; t < size; t++) {
      sum += weight(t);
    }
    return sum;
  }
}
