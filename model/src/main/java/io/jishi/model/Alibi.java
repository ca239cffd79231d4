// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

/** Slopes of ALiBi (Press et al. 2022). */
final class Alibi {
  private Alibi() {}

  /**
   * {@code 2^(−8 (h + 1) / n)} for n heads, a power of two; for other numbers those of the next
   * lower power, then every second of the next higher one.
   *
   * @param multiplier of all
   */
  static float[] slopes(int heads, float multiplier) {
    int power = Integer.highestOneBit(heads);
    float[] slopes = new float[heads];
    for (int h = 0; h < heads; h++) {
      double exponent = h < power ? -8.0 * (h + 1) / power : -4.0 * (2 * (h - power) + 1) / power;
      slopes[h] = (float) Math.pow(2, exponent) * multiplier;
    }
    return slopes;
  }
}
