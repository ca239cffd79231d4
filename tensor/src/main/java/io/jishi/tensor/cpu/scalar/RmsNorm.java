// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

/** RMSNorm of one row (Zhang and Sennrich 2019). */
final class RmsNorm {
  private RmsNorm() {}

  /** {@code out = x / √(mean(x²) + eps) ⊙ gain} over {@code n} values; may work in place. */
  static void rms(float[] x, int from, int n, float[] gain, float eps, float[] out, int to) {
    // Four sums side by side: the order is fixed here, so it never depends on the machine.
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      s0 = Math.fma(x[from + i], x[from + i], s0);
      s1 = Math.fma(x[from + i + 1], x[from + i + 1], s1);
      s2 = Math.fma(x[from + i + 2], x[from + i + 2], s2);
      s3 = Math.fma(x[from + i + 3], x[from + i + 3], s3);
    }
    for (; i < n; i++) {
      s0 = Math.fma(x[from + i], x[from + i], s0);
    }
    float factor = (float) (1 / Math.sqrt((s0 + s1 + (s2 + s3)) / n + eps));
    for (i = 0; i < n; i++) {
      out[to + i] = x[from + i] * factor * gain[i];
    }
  }
}
