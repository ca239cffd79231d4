// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/** What a product kernel is called with: 8 bytes each, addresses, bytes and counts. */
final class Arguments {
  /** The first block of the first tile of 16 rows. */
  static final int WEIGHTS = 0;

  /** Bytes from one tile's first block to the next one's. */
  static final int WEIGHTS_STEP = 1;

  /** The activations' {@link Lines}. */
  static final int X = 2;

  /** What the sums start from: 16 floats for each token and tile. */
  static final int INIT = 3;

  /** Bytes from one token's start to the next one's. */
  static final int INIT_STRIDE = 4;

  /** Where the sums go. */
  static final int Y = 5;

  /** Bytes from one token's sums to the next one's. */
  static final int Y_STRIDE = 6;

  /** Blocks to go through, at least one. */
  static final int BLOCKS = 7;

  /** Tiles of 16 rows, at least one. */
  static final int TILES = 8;

  /** Bytes from one tile's start to the next one's. */
  static final int INIT_STEP = 9;

  /** {@link AmxPanels#SCRATCH_BYTES} for sums on their way. */
  static final int SCRATCH = 10;

  /** How many there are. */
  static final int COUNT = 11;

  private Arguments() {}
}
