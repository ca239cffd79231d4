// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.TileProducts;

/**
 * The rows of a tile of causal attention in bands, each of which sees keys up to its own end: so
 * the tile on the diagonal is not multiplied as a whole. Bands that see the same are one.
 */
final class Bands {
  /** Rows of a band: with fewer the calls take longer than what they save. */
  private static final int ROWS = 32;

  private static final int MOST = Math.ceilDiv(AttentionMemory.QUERIES, ROWS);

  private final int[] starts = new int[MOST + 1];
  private final int[] ends = new int[MOST];

  int count;

  /**
   * Bands of some rows.
   *
   * @param n columns of the tile
   * @param seen columns that the first row sees; each row one more than the one above
   */
  void set(int rows, int n, long seen) {
    count = 0;
    for (int row = 0; row < rows; row += ROWS) {
      int end = Math.min(row + ROWS, rows);
      int cols = AttentionMemory.padded(Math.clamp(seen + end - 1, 1, n));
      if (count > 0 && ends[count - 1] == cols) {
        continue;
      }
      starts[count] = row;
      ends[count++] = cols;
    }
    starts[count] = Math.ceilDiv(rows, TileProducts.ROWS) * TileProducts.ROWS;
  }

  /** The first row of a band. */
  int row(int band) {
    return starts[band];
  }

  /** Its rows, up to whole tiles of products. */
  int rows(int band) {
    return starts[band + 1] - starts[band];
  }

  /** Where the columns end that it sees, a multiple of a tile's unit. */
  int cols(int band) {
    return ends[band];
  }
}
