// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/** A non-linearity, value by value. */
public enum Activation {
  /** {@code x · sigmoid(x)} (Elfwing et al. 2017; also called swish). */
  SILU,
  /** {@code x · Φ(x)}, Φ the normal distribution (Hendrycks and Gimpel 2016). */
  GELU,
  /** GELU by its approximation with a hyperbolic tangent (the same paper; "gelu_new"). */
  GELU_TANH,
  /** {@code max(x, 0)}. */
  RELU,
  /** {@code max(x, 0)²} (So et al. 2021). */
  RELU_SQUARED,
  /** {@code 1 / (1 + e^−x)}. */
  SIGMOID,
  /**
   * Of gated layers alone (gpt-oss): with {@code g = min(gate, 7)} and {@code u = clamp(up, ±7)},
   * {@code g · sigmoid(1.702 · g) · (u + 1)}.
   */
  CLAMPED_SWIGLU
}
