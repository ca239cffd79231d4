// SPDX-License-Identifier: Apache-2.0
/**
 * Records what a decoder asks of the waist and runs it forwards and backwards: values, gradients,
 * the plan of their memory, and the step of training.
 *
 * <p>It knows the waist, and for each of its operations the gradient; it knows no family, and no
 * file.
 */
package io.jishi.train.tape;
