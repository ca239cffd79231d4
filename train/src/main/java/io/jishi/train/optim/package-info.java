// SPDX-License-Identifier: Apache-2.0
/**
 * Turns gradients into changes of weights: AdamW, Muon, Lion; schedules of the learning rate,
 * averages of weights.
 *
 * <p>It knows named matrices and their gradients; it knows neither models nor losses.
 */
package io.jishi.train.optim;
