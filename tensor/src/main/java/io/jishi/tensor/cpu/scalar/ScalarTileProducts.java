// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.TileProducts;
import io.jishi.tensor.cpu.Floats;
import io.jishi.tensor.cpu.Team;
import io.jishi.tensor.cpu.TileChecks;
import java.lang.foreign.MemorySegment;

/**
 * Products of tiles in plain Java: factors are floats, row by row, which the products round. The
 * order of sums is theirs ({@link ScalarMatrixProducts}).
 */
public final class ScalarTileProducts implements TileProducts {
  private static final int LANES = ScalarRowSteps.LANES;

  private final MatrixProducts products;
  private final float[] a = new float[MAX_COLS];
  private final float[] b = new float[MAX_COLS];
  private float[] row = new float[MAX_COLS];
  private float[] sum = new float[MAX_COLS];

  /** Products of factors that are rounded to {@code inputs}. */
  public ScalarTileProducts(MatrixProducts.Inputs inputs) {
    products = new ScalarMatrixProducts(Team.process(), 1, inputs);
  }

  private void room(int n) {
    if (row.length < n) {
      row = new float[n];
      sum = new float[n];
    }
  }

  private static void read(MemorySegment from, long at, float[] to, int n) {
    MemorySegment.copy(from, Floats.LAYOUT, 4 * at, to, 0, n);
  }

  private static void write(float[] from, MemorySegment to, long at, int n) {
    MemorySegment.copy(from, 0, to, Floats.LAYOUT, 4 * at, n);
  }

  @Override
  public void left(MemorySegment x, long stride, int rows, int cols, MemorySegment out) {
    TileChecks.matrix(x, stride, rows, cols);
    TileChecks.written(out);
    int all = TileChecks.up(cols, UNIT);
    out.asSlice(0, TileChecks.leftBytes(rows, cols)).fill((byte) 0);
    for (int r = 0; r < rows; r++) {
      MemorySegment.copy(x, 4 * r * stride, out, 4L * r * all, 4L * cols);
    }
  }

  @Override
  public void right(MemorySegment x, long bRow, long bCol, int k, int cols, MemorySegment out) {
    TileChecks.right(x, bRow, bCol, k, cols);
    TileChecks.written(out);
    out.asSlice(0, TileProducts.panelBytes(k, cols)).fill((byte) 0);
    int all = TileChecks.up(cols, PANEL);
    room(cols);
    for (int p = 0; p < k; p++) {
      for (int j = 0; j < cols; j++) {
        row[j] = x.getAtIndex(Floats.LAYOUT, p * bRow + j * bCol);
      }
      write(row, out, (long) p * all, cols);
    }
  }

  @Override
  public void multiply(
      int rows, int cols, int k, Left x, Right y, MemorySegment c, long cRow, boolean add) {
    boolean parts = rows % ROWS != 0 || cols % UNIT != 0 || y.p() % 2 != 0 || y.col() % PANEL != 0;
    if (parts
        || rows <= 0
        || cols <= 0
        || k <= 0
        || y.p() + k > y.k()
        || y.col() + cols > TileChecks.up(y.cols(), UNIT)) {
      throw new IndexOutOfBoundsException(rows + " rows, " + cols + " columns, " + k + ": " + y);
    }
    int across = x.turned() ? x.row() : x.col();
    if (across % 2 != 0
        || x.row() + (x.turned() ? k : rows) > x.rows()
        || x.col() + (x.turned() ? rows : k) > x.cols()) {
      throw new IndexOutOfBoundsException("no part of a factor: " + x);
    }
    long xRow = x.turned() ? 1 : x.cols();
    long xCol = x.turned() ? x.cols() : 1;
    long yRow = TileChecks.up(y.cols(), PANEL);
    MemorySegment from = part(x.data(), (long) x.row() * x.cols() + x.col());
    MemorySegment with = part(y.data(), y.p() * yRow + y.col());
    products.multiply(rows, cols, k, from, xRow, xCol, with, yRow, 1, c, cRow, add);
  }

  private static MemorySegment part(MemorySegment x, long floats) {
    return x.asSlice(4 * floats);
  }

  @Override
  public void softmax(
      MemorySegment scores,
      int rows,
      int cols,
      int[] from,
      int[] to,
      float scale,
      float[] max,
      float[] sums,
      float[] rescale,
      MemorySegment p) {
    tile(rows, cols);
    TileChecks.written(scores, p);
    for (int r = 0; r < rows; r++) {
      read(scores, (long) r * cols, a, cols);
      float most = max[r];
      for (int i = 0; i < cols; i++) {
        a[i] = i >= from[r] && i < to[r] ? a[i] * scale : Float.NEGATIVE_INFINITY;
        most = Math.max(most, a[i]);
      }
      float[] lanes = new float[LANES];
      for (int i = 0; i < cols; i++) {
        a[i] = Maths.exp(a[i] - most);
        lanes[i % LANES] += a[i];
      }
      write(a, p, (long) r * cols, cols);
      rescale[r] = Maths.exp(max[r] - most);
      sums[r] = Math.fma(sums[r], rescale[r], ScalarRowSteps.tree(lanes));
      max[r] = most;
    }
  }

  private static void tile(int rows, int cols) {
    if (rows <= 0 || cols <= 0 || cols % UNIT != 0 || cols > MAX_COLS) {
      throw new IndexOutOfBoundsException("a tile of " + rows + " rows, " + cols + " columns");
    }
  }

  @Override
  public void gradients(
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
      MemorySegment d) {
    tile(rows, cols);
    TileChecks.written(scores, dP, p, d);
    for (int r = 0; r < rows; r++) {
      long at = (long) r * cols;
      read(scores, at, a, cols);
      read(dP, at, b, cols);
      for (int i = 0; i < cols; i++) {
        boolean seen = i >= from[r] && i < to[r];
        a[i] = seen ? Maths.exp(a[i] * scale - logSums[r]) : 0;
        b[i] = (b[i] - delta[r]) * a[i] * scale;
      }
      write(a, p, at, cols);
      write(b, d, at, cols);
    }
  }

  @Override
  public void scale(
      MemorySegment x,
      long xStride,
      float[] factors,
      MemorySegment y,
      long yStride,
      int rows,
      int n,
      boolean add) {
    TileChecks.matrix(x, xStride, rows, n);
    TileChecks.matrix(y, yStride, rows, n);
    TileChecks.written(y);
    if (n % UNIT != 0) {
      throw new IndexOutOfBoundsException("rows of " + n + " floats");
    }
    room(n);
    for (int r = 0; r < rows; r++) {
      read(x, r * xStride, row, n);
      read(y, r * yStride, sum, n);
      for (int i = 0; i < n; i++) {
        float scaled = row[i] * factors[r];
        sum[i] = add ? sum[i] + scaled : scaled;
      }
      write(sum, y, r * yStride, n);
    }
  }

  @Override
  public void close() {
    products.close();
  }
}
