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
 * @param balanceBias what the biases of a mixture's choice move by in a step: up where an expert
 *     got less than its share, down where it got more (Wang et al. 2024: 0.001); 0 leaves them
 */
public record TrainerOptions(
    int threads,
    MatrixProducts.Inputs inputs,
    boolean checkpointing,
    double clip,
    double balance,
    double balanceBias) {
  /** Without any balancing of loads. */
  public TrainerOptions(
      int threads, MatrixProducts.Inputs inputs, boolean checkpointing, double clip) {
    this(threads, inputs, checkpointing, clip, 0, 0);
  }

  /** All processors, single precision, nothing computed twice, gradients clipped to 1. */
  public static final TrainerOptions DEFAULT =
      new TrainerOptions(0, MatrixProducts.Inputs.FP32, false, 1);
}
