// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

/**
 * Bytes that a step takes, known before the first one.
 *
 * @param weights values of what learns
 * @param gradients of them
 * @param optimizer its state
 * @param activations values and gradients of the pass, at the fullest moment
 * @param workspace scratch memory of steps and losses
 */
public record MemoryPlan(
    long weights, long gradients, long optimizer, long activations, long workspace) {
  /** All together. */
  public long total() {
    return weights + gradients + optimizer + activations + workspace;
  }
}
