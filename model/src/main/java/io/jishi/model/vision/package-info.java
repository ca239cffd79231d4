// SPDX-License-Identifier: Apache-2.0

/**
 * Images: from the bytes of a file to the patches that a vision tower reads.
 *
 * <p>Knows file formats by {@code javax.imageio}, how published processors resize, crop, tile and
 * normalise ({@code preprocessor_config.json}), and resampling as Pillow does it, to the bit. Knows
 * nothing of towers, tokens and prompts.
 */
package io.jishi.model.vision;
