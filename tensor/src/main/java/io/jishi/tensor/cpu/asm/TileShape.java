// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * The tile of C that the sums of a product of panels fill.
 *
 * @param rows of a panel of A
 * @param lanes floats of a vector
 * @param vectors of a panel of B
 */
public record TileShape(int rows, int lanes, int vectors) {
  /** Rows and columns of a tile register's floats. */
  static final int REGISTER = 16;

  static TileShape of(Level level, PanelWriter.Words words) {
    if (words == PanelWriter.Words.TILES) {
      return new TileShape(2 * REGISTER, REGISTER, 2);
    }
    return level.bytes() == 64 ? new TileShape(8, 16, 3) : new TileShape(4, 8, 3);
  }

  /**
   * Two vectors wide: heads are seldom a multiple of three vectors, and such a tile has sums enough
   * to keep the units busy. Its left factor is read where it lies, so that its rows cost nothing.
   */
  static TileShape narrow(Level level) {
    return level.bytes() == 64 ? new TileShape(8, 16, 2) : new TileShape(4, 8, 2);
  }

  /** Columns of a panel of B. */
  public int cols() {
    return vectors * lanes;
  }
}
