// SPDX-License-Identifier: Apache-2.0
/**
 * What training makes small: tokens, classes and numbers, preferences, a teacher's logits.
 *
 * <p>It knows hidden states and where their gradients are added; it knows neither how they were
 * computed nor what is done with the gradients.
 */
package io.jishi.train.loss;
