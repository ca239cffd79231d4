// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.vision;

/**
 * The patches of one image, or of one tile of it, row by row.
 *
 * @param rows of patches
 * @param columns of patches
 * @param values normalised, {@code [rows * columns, 3 * patch * patch]}: a patch holds its red
 *     pixels row by row, then the green and the blue ones
 */
public record PatchGrid(int rows, int columns, float[] values) {}
