// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.vision;

import java.util.List;

/**
 * What a tower reads of one image.
 *
 * @param grids in the order in which they stand in the prompt
 * @param tileRows how many rows of tiles the image was cut into; 0 where it was not
 * @param tileColumns how many columns of tiles
 */
public record Pixels(List<PatchGrid> grids, int tileRows, int tileColumns) {}
