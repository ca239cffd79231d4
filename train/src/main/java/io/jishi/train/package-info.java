// SPDX-License-Identifier: Apache-2.0
/**
 * Makes models. It knows the waist and the decoder, and that a tape gives gradients of what runs
 * over it; it knows no second definition of a model, and nothing of HTTP or terminals.
 */
package io.jishi.train;
