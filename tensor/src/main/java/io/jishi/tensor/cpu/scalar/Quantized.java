// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

/**
 * Activations rounded to 8 bits: per 32 values a scale {@code max|x| / 127}, values {@code round(x
 * · (1 / scale))} with ties to even, and the sums of each 16 for formats with minima. A scale
 * depends on its own 32 values alone. Where it is below {@link Float#MIN_NORMAL} the values are 0
 * (its inverse could overflow); where one of the 32 is infinite or not a number, the values are 0
 * and the scale is NaN.
 */
final class Quantized {
  byte[] values = new byte[0];
  float[] scales = new float[0];
  int[] sums = new int[0];

  /** Room for {@code [rows, cols]}. */
  void resize(int rows, int cols) {
    int count = Math.multiplyExact(rows, cols);
    if (values.length < count) {
      values = new byte[count];
      scales = new float[count / 32];
      sums = new int[count / 16];
    }
  }

  /** Rounds {@code cols} values from {@code from} on. */
  void row(float[] x, int from, int cols) {
    for (int g = 0; g < cols / 32; g++) {
      int at = from + 32 * g;
      float max = 0;
      for (int i = 0; i < 32; i++) {
        // Math.max carries a NaN on, so that it is not lost in the rounding.
        max = Math.max(max, Math.abs(x[at + i]));
      }
      float scale = max / 127;
      boolean usable = scale >= Float.MIN_NORMAL && scale < Float.POSITIVE_INFINITY;
      // Zero times an infinity is a NaN, which the cast makes 0.
      float inverse = usable ? 1 / scale : 0;
      for (int half = 0; half < 2; half++) {
        int sum = 0;
        for (int i = 16 * half; i < 16 * half + 16; i++) {
          int value = Math.clamp((int) Math.rint(x[at + i] * inverse), -127, 127);
          values[at + i] = (byte) value;
          sum += value;
        }
        sums[at / 16 + half] = sum;
      }
      scales[at / 32] = scale == Float.POSITIVE_INFINITY ? Float.NaN : scale;
    }
  }
}
