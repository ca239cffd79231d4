// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.StateSpec;

/**
 * What the kernels of {@link AttentionRows} are called with, 8 bytes each, and what they share: a
 * row is one query of one head with its running softmax.
 */
final class RowArguments {
  /** The first row's query, {@code [rows, keyDim]} floats. */
  static final int QUERIES = 0;

  /** The block's keys of one head, {@code [keyDim, BLOCK]}. */
  static final int KEYS = 1;

  /** The block's values of one head, {@code [BLOCK, valueWidth]}. */
  static final int VALUES = 2;

  /** Weighted sums of values, {@code [rows, valueWidth]} floats. */
  static final int ACC = 3;

  /** Sums of weights, {@code [rows, LANES]} floats. */
  static final int SUMS = 4;

  /** Largest scores, {@code [rows]} floats. */
  static final int MAX = 5;

  /** Room for a tile's scores and, behind them, its rows' rescaling factors: floats. */
  static final int SCORES = 6;

  /** Which keys each row sees: {@link #RANGE_BYTES} a row. */
  static final int RANGES = 7;

  /** {@code BLOCK} times −∞, +∞ and −∞ again: floats. */
  static final int BOUNDS = 8;

  /** Factor of the scores, a float. */
  static final int SCALE = 9;

  /** What the scores are capped at, a float, in kernels that cap. */
  static final int CAP = 10;

  /** Tiles of rows, at least one. */
  static final int TILES = 11;

  /** How many there are. */
  static final int COUNT = 12;

  /** Parts of a sum of weights: key j belongs to part {@code j % LANES}. */
  static final int LANES = 16;

  /** Keys of a block. */
  static final int BLOCK = StateSpec.BLOCK;

  /** The first key that a row sees. */
  static final int FROM = 0;

  /** End of the keys that it takes alone before those that all rows of its tile see. */
  static final int EARLY_END = 8;

  /** The first key that all rows of the tile see. */
  static final int COMMON_FROM = 16;

  /** The end of those; the row goes on alone from here. */
  static final int COMMON_END = 24;

  /** The end of the keys that the row sees. */
  static final int END = 32;

  /** The row's slope, a float, in kernels that add {@code slope · distance} to the scores. */
  static final int SLOPE = 40;

  /** From the row's position to that of the block's first key: a float, not above zero. */
  static final int DISTANCE = 44;

  /** Bytes of a range. */
  static final int RANGE_BYTES = 48;

  private RowArguments() {}

  /** Bytes of {@link #SCORES} for tiles of {@code rows} rows. */
  static int scoreBytes(int rows) {
    return 4 * (rows * BLOCK + rows);
  }
}
