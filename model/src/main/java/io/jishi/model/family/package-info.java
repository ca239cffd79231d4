// SPDX-License-Identifier: Apache-2.0
/**
 * The table of families: each is one small class that maps the keys of its configuration to a
 * {@link io.jishi.model.DecoderSpec}.
 *
 * <p>It knows names and defaults of published checkpoints; it computes nothing.
 */
package io.jishi.model.family;
