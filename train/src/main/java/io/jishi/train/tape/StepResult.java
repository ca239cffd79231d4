// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

/**
 * What a step gave.
 *
 * @param loss of the batches before the step
 * @param gradientNorm the square root of the sum of all squared gradients, before clipping
 */
public record StepResult(double loss, double gradientNorm) {}
