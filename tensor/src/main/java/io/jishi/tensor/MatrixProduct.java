// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import io.jishi.tensor.cpu.ProductOperands;
import java.lang.foreign.MemorySegment;

/**
 * One product of {@link MatrixProducts}: {@code C[i, j] = D[i, j] + Σ_p A[i, p] · B[p, j]},
 * checked: all elements lie within their segments. Element (i, p) of a factor stands at float
 * {@code i · row + p · col} of its segment; one of the two strides is 1, so that a transposed
 * factor is one with its strides exchanged. C may overlap neither factor.
 *
 * @param m rows of A, C and D
 * @param n columns of B, C and D
 * @param k columns of A, rows of B
 * @param b null where {@code right} takes its place
 * @param right B, packed before; or null
 * @param d C itself or memory that does not overlap it; null for 0
 * @param dRow floats from row to row of D
 * @param cRow floats from row to row of C
 */
public record MatrixProduct(
    int m,
    int n,
    int k,
    MemorySegment a,
    long aRow,
    long aCol,
    MemorySegment b,
    long bRow,
    long bCol,
    MatrixProducts.Right right,
    MemorySegment d,
    long dRow,
    MemorySegment c,
    long cRow) {

  /**
   * Checks them.
   *
   * @throws IndexOutOfBoundsException where a factor, C or D does not lie within its segment
   * @throws IllegalArgumentException where one lies on the Java heap, or C is read-only
   */
  public MatrixProduct {
    ProductOperands.check(m, n, k);
    ProductOperands.check("A", m, k, a, aRow, aCol);
    if (right == null) {
      ProductOperands.check("B", k, n, b, bRow, bCol);
    }
    if (d != null) {
      ProductOperands.check("D", m, n, d, dRow, 1);
    }
    ProductOperands.check("C", m, n, c, cRow, 1);
    ProductOperands.checkWritten(c);
  }

  /**
   * A product that replaces C or is added to it.
   *
   * @param add whether to add to C rather than to replace it
   */
  public static MatrixProduct of(
      int m,
      int n,
      int k,
      MemorySegment a,
      long aRow,
      long aCol,
      MemorySegment b,
      long bRow,
      long bCol,
      MemorySegment c,
      long cRow,
      boolean add) {
    MemorySegment d = add ? c : null;
    return new MatrixProduct(
        m, n, k, a, aRow, aCol, b, bRow, bCol, null, d, add ? cRow : 0, c, cRow);
  }
}
