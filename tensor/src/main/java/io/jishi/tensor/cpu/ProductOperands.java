// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.MatrixProduct;
import java.lang.foreign.MemorySegment;

/** What all matrix products do about their operands: checks, and the start of their sums. */
public final class ProductOperands {
  private ProductOperands() {}

  /** Brings rows of D, from column {@code col} on, to C where the sums of C do not start from C. */
  public static void begin(MatrixProduct s, int row, int rows, int col, int cols) {
    if (s.d() == null || s.d().address() == s.c().address() && s.dRow() == s.cRow()) {
      return;
    }
    for (long r = row; r < row + rows; r++) {
      long from = 4 * (r * s.dRow() + col);
      MemorySegment.copy(s.d(), from, s.c(), 4 * (r * s.cRow() + col), 4L * cols);
    }
  }

  /** Checks the shapes of a product. */
  public static void check(int m, int n, int k) {
    if (m < 0 || n < 0 || k < 0) {
      throw new IndexOutOfBoundsException("[" + m + ", " + k + "] · [" + k + ", " + n + "]");
    }
  }

  /** Checks that a result can be written. */
  public static void checkWritten(MemorySegment c) {
    Floats.check(c, 0, true);
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
