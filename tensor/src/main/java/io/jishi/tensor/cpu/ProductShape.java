// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.MatrixProducts;
import java.lang.foreign.MemorySegment;

/**
 * The operands of {@link MatrixProducts#multiply}, checked: all elements lie within their segments.
 *
 * @param b null where it was packed, and checked, before
 */
public record ProductShape(
    int m,
    int n,
    int k,
    MemorySegment a,
    long aRow,
    long aCol,
    MemorySegment b,
    long bRow,
    long bCol,
    MemorySegment d,
    long dRow,
    MemorySegment c,
    long cRow) {

  /** Checks them. */
  public ProductShape {
    if (m < 0 || n < 0 || k < 0) {
      throw new IndexOutOfBoundsException("[" + m + ", " + k + "] · [" + k + ", " + n + "]");
    }
    check("A", m, k, a, aRow, aCol);
    if (b != null) {
      check("B", k, n, b, bRow, bCol);
    }
    check("C", m, n, c, cRow, 1);
    if (d != null) {
      check("D", m, n, d, dRow, 1);
    }
    Floats.check(c, 0, true);
  }

  /** Brings rows of D, from column {@code col} on, to C where the sums of C do not start from C. */
  public void begin(int row, int rows, int col, int cols) {
    if (d == null || d.address() == c.address() && dRow == cRow) {
      return;
    }
    for (long r = row; r < row + rows; r++) {
      MemorySegment.copy(d, 4 * (r * dRow + col), c, 4 * (r * cRow + col), 4L * cols);
    }
  }

  /**
   * Checks a factor or a result {@code [rows, cols]}.
   *
   * @param name for the error
   * @param row floats from row to row; of it and {@code col} one is 1
   * @param col floats from column to column
   * @throws IndexOutOfBoundsException where it does not lie within its segment
   * @throws IllegalArgumentException where that lies on the Java heap
   */
  public static void check(String name, int rows, int cols, MemorySegment x, long row, long col) {
    if (row <= 0 || col <= 0 || row != 1 && col != 1) {
      throw new IndexOutOfBoundsException(
          name + ": strides " + row + " and " + col + ": both positive, one of them 1");
    }
    if (rows > 0 && cols > 0) {
      long last =
          Math.addExact(Math.multiplyExact(rows - 1L, row), Math.multiplyExact(cols - 1L, col));
      Floats.check(x, Math.multiplyExact(4, Math.addExact(last, 1)), false);
    }
  }
}
