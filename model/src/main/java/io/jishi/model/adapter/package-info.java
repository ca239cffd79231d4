// SPDX-License-Identifier: Apache-2.0
/**
 * Low-rank adapters (LoRA, Hu et al. 2021): their files, and running a model with one while the
 * model's own weights stay as they are.
 *
 * <p>It knows pairs of matrices and the names of those they add to; it knows nothing of how they
 * are learned.
 */
package io.jishi.model.adapter;
