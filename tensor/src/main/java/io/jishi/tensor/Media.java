// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * What stands in a sequence beside its token ids: vectors of an image in the place of embeddings,
 * and places of tokens along several axes, as rotary embeddings of images ask for.
 */
public interface Media {
  /** The place of the token at a position along a rotary axis. */
  int place(int position, int axis);

  /**
   * Writes the vector that stands at a position.
   *
   * @param out as wide as the embedding
   * @return false, and nothing written, where the token's own embedding stands
   */
  boolean vector(int position, float[] out);
}
