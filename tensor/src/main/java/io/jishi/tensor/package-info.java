// SPDX-License-Identifier: Apache-2.0
/**
 * Tensors, weights and the operations of the waist.
 *
 * <p>It knows bytes, blocks and threads; it knows no model, no text and no file format.
 */
package io.jishi.tensor;
