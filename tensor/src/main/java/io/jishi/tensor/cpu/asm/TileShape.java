// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * The tile of C that the sums of a product of panels fill.
 *
 * @param rows of a panel of A
 * @param lanes floats of a vector
 */
public record TileShape(int rows, int lanes) {
  /** Vectors of a panel of B. */
  public static final int VECTORS = 3;

  static TileShape of(Level level) {
    return level.bytes() == 64 ? new TileShape(8, 16) : new TileShape(4, 8);
  }

  /** Columns of a panel of B. */
  public int cols() {
    return VECTORS * lanes;
  }
}
