// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

/** Norms of a part of a row, in place; the gain stands at the same columns. */
final class NormRows {
  private NormRows() {}

  static void rms(float[] x, int from, int n, float[] gain, float eps) {
    float factor = inverseRoot(squares(x, from, n, 0), n, eps);
    for (int i = from; i < from + n; i++) {
      x[i] = x[i] * factor * gain[i];
    }
  }

  static void layer(float[] x, int from, int n, float[] gain, float eps) {
    float sum = 0;
    for (int i = from; i < from + n; i++) {
      sum += x[i];
    }
    float mean = sum / n;
    float factor = inverseRoot(squares(x, from, n, mean), n, eps);
    for (int i = from; i < from + n; i++) {
      x[i] = (x[i] - mean) * factor * gain[i];
    }
  }

  private static float squares(float[] x, int from, int n, float mean) {
    float sum = 0;
    for (int i = from; i < from + n; i++) {
      float d = x[i] - mean;
      sum = Math.fma(d, d, sum);
    }
    return sum;
  }

  private static float inverseRoot(float squares, int n, float eps) {
    return (float) (1 / Math.sqrt(squares / n + eps));
  }
}
