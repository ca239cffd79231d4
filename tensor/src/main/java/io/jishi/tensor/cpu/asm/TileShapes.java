// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/** What {@code ldtilecfg} reads: rows, and bytes of a row, of the eight tile registers. */
final class TileShapes {
  private static final int PALETTE = 1;
  private static final int BYTES = 16;
  private static final int ROWS = 48;

  private final int[] words = new int[16];

  TileShapes() {
    words[0] = PALETTE;
  }

  /** Gives registers {@code first … last} a shape. */
  TileShapes with(int first, int last, int rows, int bytes) {
    for (int tile = first; tile <= last; tile++) {
      words[(BYTES + 2 * tile) / 4] |= bytes << 16 * (tile % 2);
      words[(ROWS + tile) / 4] |= rows << 8 * (tile % 4);
    }
    return this;
  }

  /** The 64 bytes in a kernel's constants. */
  Mem in(Code code) {
    return (Mem) code.constant(words);
  }
}
