// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/** How exactly a product of activations and weights is computed. */
public enum Precision {
  /** FP32 arithmetic on the stored weights: goldens, {@code logits}, training. */
  EXACT,
  /** Activations rounded to 8 bits per 32 values against integer weights: run and serve. */
  FAST
}
