// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Products of tiles whose factors are prepared once and multiplied often, and the softmax between
 * them: attention in training. One object for each thread, which works on that thread alone.
 *
 * <p>Memory is the caller's, outside of the Java heap. A left factor {@code [rows, cols]} takes as
 * many floats as it has elements, and a right one {@link #panelBytes}; what is in them only the
 * object knows that wrote them. Left factors have a multiple of {@link #ROWS} rows and of {@link
 * #UNIT} columns; all elements have to be numbers, 0 where there is nothing.
 *
 * <p>All methods throw {@link IndexOutOfBoundsException} where something does not lie within its
 * memory.
 */
public interface TileProducts extends AutoCloseable {
  /** Rows of left factors and of results are a multiple of this. */
  int ROWS = 8;

  /** Columns of tiles are a multiple of this. */
  int UNIT = 16;

  /** A part of a right factor starts at a column that is a multiple of this. */
  int PANEL = 32;

  /** Most columns of a tile of scores. */
  int MAX_COLS = 512;

  /**
   * A part of a left factor, from one of its elements on.
   *
   * @param rows of the whole factor
   * @param cols of the whole factor
   * @param turned whether the product takes the transposed factor
   * @param row of the first element
   * @param col of it; the one that sums go over is even
   */
  record Left(MemorySegment data, int rows, int cols, boolean turned, int row, int col) {
    /** A whole factor. */
    public Left(MemorySegment data, int rows, int cols, boolean turned) {
      this(data, rows, cols, turned, 0, 0);
    }

    /** The part of the same factor from that element on. */
    public Left at(int toRow, int toCol) {
      return new Left(data, rows, cols, turned, toRow, toCol);
    }
  }

  /**
   * A part of a right factor, from one of its elements on.
   *
   * @param k rows of the whole factor
   * @param cols of the whole factor
   * @param p row of the first element, even
   * @param col of it, a multiple of {@link #PANEL}
   */
  record Right(MemorySegment data, int k, int cols, int p, int col) {
    /** A whole factor. */
    public Right(MemorySegment data, int k, int cols) {
      this(data, k, cols, 0, 0);
    }

    /** The part of the same factor from that element on. */
    public Right at(int toP, int toCol) {
      return new Right(data, k, cols, toP, toCol);
    }
  }

  /** Bytes of a right factor {@code [k, cols]}, on every processor. */
  static long panelBytes(int k, int cols) {
    return 4L * Math.ceilDiv(k, UNIT) * UNIT * Math.ceilDiv(cols, PANEL) * PANEL;
  }

  /**
   * Prepares a left factor, which may not be turned: {@code A[i, p]} stands at float {@code i ·
   * stride + p}. Elements up to a multiple of {@link #ROWS} and {@link #UNIT} become 0.
   */
  void left(MemorySegment a, long stride, int rows, int cols, MemorySegment out);

  /**
   * Prepares a right factor: {@code B[p, j]} stands at float {@code p · bRow + j · bCol}; one of
   * the two strides is 1. Columns up to a multiple of {@link #UNIT} become 0.
   */
  void right(MemorySegment b, long bRow, long bCol, int k, int cols, MemorySegment out);

  /**
   * {@code C[i, j] (+)= Σ_p A[i, p] · B[p, j]}: one chain of sums over ascending p that starts from
   * C or 0.
   *
   * @param rows a multiple of {@link #ROWS}
   * @param cols a multiple of {@link #UNIT}
   * @param k products of a sum, at least 1
   * @param cRow floats from row to row of C
   * @param add whether to add to C rather than to replace it
   */
  void multiply(
      int rows, int cols, int k, Left a, Right b, MemorySegment c, long cRow, boolean add);

  /**
   * One step of the running softmax (Milakov and Gimelshein 2018; Dao et al. 2022). With {@code s =
   * scale · scores}, per row: {@code m' = max(m, max s)}, {@code rescale = e^(m − m')}, {@code sums
   * = sums · rescale + Σ e^(s − m')}; {@code e^(s − m')} becomes a left factor that may not be
   * turned, 0 where the row does not see the column. The weighted sums of values so far are then to
   * be multiplied by {@code rescale} ({@link #scale}). At the start m is {@code −Float.MAX_VALUE}
   * and sums 0; at the end {@code max + ln sums} is what {@link #gradients} takes.
   *
   * @param scores {@code [rows, cols]}; spoilt
   * @param from the first column that a row sees, {@code [rows]}; below 0 is 0
   * @param to the end of those, {@code [rows]}; above {@code cols} is {@code cols}
   * @param p receives the factor; another place than that of the scores
   */
  void softmax(
      MemorySegment scores,
      int rows,
      int cols,
      int[] from,
      int[] to,
      float scale,
      float[] max,
      float[] sums,
      float[] rescale,
      MemorySegment p);

  /**
   * The way back: {@code p = e^(scale · scores − logSums[row])}, 0 where the row does not see the
   * column, becomes a left factor that is to be turned, and {@code scale · p ⊙ (dP − delta[row])}
   * one that may be turned or not.
   *
   * @param scores {@code [rows, cols]}; spoilt
   * @param dP the gradient of p, {@code [rows, cols]}; spoilt
   * @param p receives p, not rounded where it is multiplied by the gradient
   * @param d receives the gradient of the scores
   */
  void gradients(
      MemorySegment scores,
      MemorySegment dP,
      int rows,
      int cols,
      int[] from,
      int[] to,
      float scale,
      float[] logSums,
      float[] delta,
      MemorySegment p,
      MemorySegment d);

  /**
   * {@code y[r, i] (+)= factors[r] · x[r, i]}.
   *
   * @param xStride floats from row to row, at least n, as is yStride
   * @param n a multiple of {@link #UNIT}
   * @param y may be x
   * @param add whether to add to y rather than to replace it
   */
  void scale(
      MemorySegment x,
      long xStride,
      float[] factors,
      MemorySegment y,
      long yStride,
      int rows,
      int n,
      boolean add);

  /** Gives back all memory of its own. */
  @Override
  void close();
}
