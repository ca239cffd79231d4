// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Activation;

/** The exponential and what follows from it in FP32, the same bits on every machine. */
final class Maths {
  private static final float LOG2_E = 1.44269504f;
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;

  private static final float CLAMP = 7;
  private static final float CLAMPED_SLOPE = 1.702f;

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

  /** {@code 1 / (1 + e^−x)}. */
  static float sigmoid(float x) {
    return 1 / (1 + exp(-x));
  }

  /** The hyperbolic tangent, within 2e-7. */
  static float tanh(float x) {
    float magnitude = Math.abs(x);
    // Below, the difference from 1 would lose what is left: two terms of the series.
    float y =
        magnitude < 0.02f
            ? magnitude * (1 - magnitude * magnitude / 3)
            : 1 - 2 / (exp(2 * magnitude) + 1);
    return Math.copySign(y, x);
  }

  /**
   * The error function within 3e-7: {@code 1 − p(t) · e^(−x²)} with {@code t = 1 / (1 + 0.3275911
   * x)} (Abramowitz and Stegun 1964, 7.1.26).
   */
  static float erf(float x) {
    float magnitude = Math.abs(x);
    float t = 1 / Math.fma(0.3275911f, magnitude, 1);
    float p = 1.061405429f;
    p = Math.fma(p, t, -1.453152027f);
    p = Math.fma(p, t, 1.421413741f);
    p = Math.fma(p, t, -0.284496736f);
    p = Math.fma(p, t, 0.254829592f);
    return Math.copySign(1 - p * t * exp(-magnitude * magnitude), x);
  }

  /**
   * {@code ln(1 + e^x)} within 3e-7 of itself: {@code max(x, 0) + ln(1 + u)} with {@code u =
   * e^−|x|}, and {@code ln(1 + u) = 2 · atanh(u / (2 + u))} by its series, whose argument is at
   * most a third.
   */
  static float softplus(float x) {
    float u = exp(-Math.abs(x));
    float z = u / (u + 2);
    float square = z * z;
    float p = 2f / 15;
    for (int k = 13; k >= 1; k -= 2) {
      p = Math.fma(p, square, 2f / k);
    }
    return Math.max(x, 0) + z * p;
  }

  /** Any activation that needs no gate. */
  static float activation(Activation activation, float x) {
    return switch (activation) {
      case SILU -> silu(x);
      case GELU -> 0.5f * x * (1 + erf(x * 0.70710678f));
      case GELU_TANH -> 0.5f * x * (1 + tanh(0.7978845608f * (x + 0.044715f * x * x * x)));
      case RELU -> Math.max(x, 0);
      case RELU_SQUARED -> Math.max(x, 0) * Math.max(x, 0);
      case SIGMOID -> sigmoid(x);
      case CLAMPED_SWIGLU -> throw new IllegalArgumentException(activation + " needs a gate");
    };
  }

  /** An activated gate times what it gates. */
  static float gated(Activation activation, float gate, float up) {
    if (activation != Activation.CLAMPED_SWIGLU) {
      return activation(activation, gate) * up;
    }
    float g = Math.min(gate, CLAMP);
    float u = Math.min(Math.max(up, -CLAMP), CLAMP);
    return g * sigmoid(CLAMPED_SLOPE * g) * (u + 1);
  }
}
