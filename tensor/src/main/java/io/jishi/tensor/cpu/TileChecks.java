// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.TileProducts;
import java.lang.foreign.MemorySegment;

/** What {@link TileProducts} take, checked, and how large factors are. */
public final class TileChecks {
  private TileChecks() {}

  /** Bytes of a left factor, up to whole tiles. */
  public static long leftBytes(int rows, int cols) {
    return 4L * up(rows, TileProducts.ROWS) * up(cols, TileProducts.UNIT);
  }

  /** The next multiple of {@code unit}. */
  public static int up(int n, int unit) {
    return Math.ceilDiv(n, unit) * unit;
  }

  /** Rows of floats that are read. */
  public static void matrix(MemorySegment x, long stride, int rows, int cols) {
    if (rows <= 0 || cols <= 0 || stride < cols) {
      throw new IndexOutOfBoundsException(rows + " rows of " + cols + ", stride " + stride);
    }
    long floats = Math.addExact(Math.multiplyExact(rows - 1L, stride), cols);
    Floats.check(x, Math.multiplyExact(4, floats), false);
  }

  /** A matrix of which one of the two strides is 1. */
  public static void right(MemorySegment b, long bRow, long bCol, int k, int cols) {
    if (bCol == 1) {
      matrix(b, bRow, k, cols);
    } else if (bRow == 1) {
      matrix(b, bCol, cols, k);
    } else {
      throw new IndexOutOfBoundsException("no stride is 1: " + bRow + ", " + bCol);
    }
  }

  /** Memory that kernels can read; how much of it they do their own border checks. */
  public static void read(MemorySegment... all) {
    for (MemorySegment each : all) {
      Floats.check(each, Math.min(1, each.byteSize()), false);
    }
  }

  /** The same of memory that they write. */
  public static void written(MemorySegment... all) {
    for (MemorySegment each : all) {
      Floats.check(each, Math.min(1, each.byteSize()), true);
    }
  }
}
