// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

/** The exponential in FP32, the same bits on every machine. */
final class Maths {
  private static final float LOG2_E = 1.44269504f;
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;

  private Maths() {}

  /**
   * e to the x within 2 units in the last place: range reduction by ln 2 in two parts (Cody and
   * Waite 1980), then the Taylor polynomial of degree 7 on ±ln 2 / 2.
   */
  static float exp(float x) {
    if (!(x > -87f)) {
      return x != x ? x : 0; // below lies nothing but denormals
    }
    if (x > 88.7f) {
      return Float.POSITIVE_INFINITY;
    }
    int n = (int) (x * LOG2_E + (x < 0 ? -0.5f : 0.5f));
    float r = Math.fma(-n, LN2_LOW, Math.fma(-n, LN2_HIGH, x));
    float p = 1f / 5040;
    p = Math.fma(p, r, 1f / 720);
    p = Math.fma(p, r, 1f / 120);
    p = Math.fma(p, r, 1f / 24);
    p = Math.fma(p, r, 1f / 6);
    p = Math.fma(p, r, 0.5f);
    p = Math.fma(p, r, 1f);
    p = Math.fma(p, r, 1f);
    // Two factors, since 2^128 is no float though the product may be one.
    return p
        * Float.intBitsToFloat(n / 2 + 127 << 23)
        * Float.intBitsToFloat(n - n / 2 + 127 << 23);
  }

  /** {@code x · sigmoid(x)}. */
  static float silu(float x) {
    return x / (1 + exp(-x));
  }
}
