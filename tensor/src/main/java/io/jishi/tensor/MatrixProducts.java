// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.lang.foreign.MemorySegment;

/**
 * General matrix products for training: floats in, sums in FP32. Results do not depend on the
 * number of threads, to the bit: each element of C is one chain of sums over ascending p that
 * starts from C, from what C is the sum with, or 0. For one thread at a time.
 *
 * <p>Many small products at a time: one object of one thread for each worker of {@link
 * TrainingRows#parallel}. Such an object works on the calling thread alone and costs some hundred
 * nanoseconds a product.
 */
public interface MatrixProducts extends AutoCloseable {
  /** What the factors are rounded to before they are multiplied. */
  enum Inputs {
    /** Single precision. */
    FP32,
    /** The nearest BF16; where the processor has no BF16 products, the same values in FP32. */
    BF16
  }

  /**
   * {@code C[i, j] (+)= Σ_p A[i, p] · B[p, j]}, {@code A [m, k]}, {@code B [k, n]}, {@code C [m,
   * n]}. Element (i, p) of a factor stands at float {@code i · row + p · col} of its segment; one
   * of the two strides is 1, so that a transposed factor is one with its strides exchanged. C may
   * overlap neither factor.
   *
   * @param add whether to add to C rather than to replace it
   * @throws IndexOutOfBoundsException where a factor or C does not lie within its segment
   * @throws IllegalArgumentException where one lies on the Java heap, or C is read-only
   */
  default void multiply(
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
    multiply(m, n, k, a, aRow, aCol, b, bRow, bCol, add ? c : null, add ? cRow : 0, c, cRow);
  }

  /**
   * The same onto another matrix: {@code C[i, j] = D[i, j] + Σ_p A[i, p] · B[p, j]}.
   *
   * @param d {@code [m, n]}, C itself or memory that does not overlap it; null for 0
   * @param dRow floats from row to row of D
   * @throws IndexOutOfBoundsException where a factor, C or D does not lie within its segment
   * @throws IllegalArgumentException where one lies on the Java heap, or C is read-only
   */
  void multiply(
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
      long cRow);

  /** A right factor as it is read by products: rounded and packed once, for several of them. */
  interface Right {}

  /** Bytes that {@link #pack} takes for a factor {@code [k, n]}. */
  long packedBytes(int n, int k);

  /**
   * Packs a right factor {@code B [k, n]}, which may not change as long as the result is used.
   *
   * @param bRow floats from row to row; of it and {@code bCol} one is 1
   * @param bCol floats from column to column
   * @param memory {@link #packedBytes} of it at a multiple of 64, in use as long as the result is
   * @return for this object and others of the same inputs
   * @throws IndexOutOfBoundsException where it does not lie within its segment, or in memory
   * @throws IllegalArgumentException where one lies on the Java heap, or memory is read-only
   */
  Right pack(int n, int k, MemorySegment b, long bRow, long bCol, MemorySegment memory);

  /**
   * The product with a factor that was packed, to the bit that of {@link #multiply(int, int, int,
   * MemorySegment, long, long, MemorySegment, long, long, MemorySegment, long, MemorySegment, long)
   * the factor itself}.
   *
   * @param m rows of A, C and D
   * @param b {@code [k, n]}, packed
   * @param d {@code [m, n]}, C itself or memory that does not overlap it; null for 0
   * @throws IndexOutOfBoundsException where A, C or D does not lie within its segment
   * @throws IllegalArgumentException where one lies on the Java heap, C is read-only, or B was
   *     packed for products of another kind
   */
  void multiply(
      int m,
      MemorySegment a,
      long aRow,
      long aCol,
      Right b,
      MemorySegment d,
      long dRow,
      MemorySegment c,
      long cRow);

  /** Gives back all memory. */
  @Override
  void close();
}
