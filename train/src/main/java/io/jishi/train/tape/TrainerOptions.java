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
 * @param balance what the load-balancing loss of each mixture counts beside the loss (Fedus et al.
 *     2021: 0.01); 0 without
 */
public record TrainerOptions(
    int threads, MatrixProducts.Inputs inputs, boolean checkpointing, double clip, double balance) {
  /** Without a load-balancing loss. */
  public TrainerOptions(
      int threads, MatrixProducts.Inputs inputs, boolean checkpointing, double clip) {
    this(threads, inputs, checkpointing, clip, 0);
  }

  /** All processors, single precision, nothing computed twice, gradients clipped to 1. */
  public static final TrainerOptions DEFAULT =
      new TrainerOptions(0, MatrixProducts.Inputs.FP32, false, 1);
}
