// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * The numbers of one AdamW step (Loshchilov and Hutter 2019), the same for all weights of a group:
 *
 * <pre>
 * g' = g · gradientScale
 * m  = beta1 · m + (1 − beta1) · g'
 * v  = beta2 · v + (1 − beta2) · g'²
 * w  = w · decay − stepSize · m / (√v · correction + eps)
 * </pre>
 *
 * @param gradientScale what gradients are multiplied by first: clipping, accumulation
 * @param decay {@code 1 − learningRate · weightDecay}
 * @param stepSize {@code learningRate / (1 − beta1^step)}
 * @param correction {@code 1 / √(1 − beta2^step)}
 */
public record AdamWStep(
    float gradientScale,
    float beta1,
    float beta2,
    float decay,
    float stepSize,
    float correction,
    float eps) {

  /**
   * The numbers of step {@code step}.
   *
   * @param step the first is 1
   */
  public static AdamWStep of(
      int step,
      double learningRate,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      double gradientScale) {
    if (step < 1) {
      throw new IllegalArgumentException("the first step is 1, not " + step);
    }
    return new AdamWStep(
        (float) gradientScale,
        (float) beta1,
        (float) beta2,
        (float) (1 - learningRate * weightDecay),
        (float) (learningRate / (1 - Math.pow(beta1, step))),
        (float) (1 / Math.sqrt(1 - Math.pow(beta2, step))),
        (float) eps);
  }
}
