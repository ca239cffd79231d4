// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.MatrixProducts;

/**
 * How a trainer works.
 *
 * @param threads processors to use; 0 takes all
 * @param inputs what factors of matrix products are rounded to
 * @param checkpointing whether activations of layers are computed again rather than kept
 * @param clip the greatest norm of all gradients together; 0 does not clip
 */
public record TrainerOptions(
    int threads, MatrixProducts.Inputs inputs, boolean checkpointing, double clip) {
  /** All processors, single precision, nothing computed twice, gradients clipped to 1. */
  public static final TrainerOptions DEFAULT =
      new TrainerOptions(0, MatrixProducts.Inputs.FP32, false, 1);
}
