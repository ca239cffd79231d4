// SPDX-License-Identifier: Apache-2.0
/**
 * Draws tokens from logits by the rules of {@link io.jishi.engine.Sampling}.
 *
 * <p>It knows numbers by token id, and which of them are allowed; it knows no text, no grammar and
 * no model. A {@link io.jishi.engine.sampling.Sampler} is one sequence's small state; the large
 * arrays are in a {@link io.jishi.engine.sampling.Candidates} that sequences of one thread share.
 */
package io.jishi.engine.sampling;
