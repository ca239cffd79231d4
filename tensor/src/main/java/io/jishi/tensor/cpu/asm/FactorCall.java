// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.StepArguments.P0;
import static io.jishi.tensor.cpu.asm.StepArguments.P1;
import static io.jishi.tensor.cpu.asm.StepArguments.P2;
import static io.jishi.tensor.cpu.asm.StepArguments.P3;
import static io.jishi.tensor.cpu.asm.StepArguments.P4;
import static io.jishi.tensor.cpu.asm.StepArguments.P5;
import static io.jishi.tensor.cpu.asm.StepArguments.P6;
import static io.jishi.tensor.cpu.asm.StepArguments.P7;

import io.jishi.tensor.TileProducts;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The border of every call of {@link FactorKernels} but packing: {@link TileProducts} say what the
 * methods do. A left factor of words of two BF16 stands row by row in the first half of its memory,
 * turned in the second half; one of floats is the same in both ways. One for each thread.
 */
public final class FactorCall extends RowBorder {
  private static final int UNIT = TileProducts.UNIT;
  private static final int MAX_COLS = TileProducts.MAX_COLS;

  private final FactorKernels kernels;
  private final TileShape shape;
  private final int depth;
  private final CallArguments product;
  private final MemorySegment bounds;

  /** A caller whose memory lives as long as {@code arena}. */
  public FactorCall(FactorKernels kernels, Arena arena) {
    super(arena);
    this.kernels = kernels;
    shape = kernels.panels().shape();
    depth = kernels.panels().depth();
    product = new CallArguments(arena, TileProduct.COUNT);
    float[] infinities = new float[3 * MAX_COLS];
    Arrays.fill(infinities, Float.NEGATIVE_INFINITY);
    Arrays.fill(infinities, MAX_COLS, 2 * MAX_COLS, Float.POSITIVE_INFINITY);
    bounds = arena.allocate(4L * infinities.length, 64);
    MemorySegment.copy(infinities, 0, bounds, ValueLayout.JAVA_FLOAT, 0, infinities.length);
  }

  /** Words of rows of {@code cols} floats, a multiple of 16. */
  public void left(MemorySegment a, long stride, int count, int cols, MemorySegment out) {
    count(cols, count);
    set(P0, a, 0, CallArguments.extent(count, stride, cols));
    arguments.set(StepArguments.STEP0, 4 * stride);
    arguments.set(P5, out, 0, 4L * count * cols / depth);
    arguments.call(kernels.words);
  }

  /** {@code C (+)= A · B}. */
  public void multiply(
      int count,
      int cols,
      int k,
      TileProducts.Left a,
      TileProducts.Right b,
      MemorySegment c,
      long cRow,
      boolean add) {
    if (cols <= 0
        || cols % UNIT != 0
        || count % TileProducts.ROWS != 0
        || b.p() % depth != 0
        || b.col() % TileProducts.PANEL != 0) {
      throw new IndexOutOfBoundsException(count + " rows, " + cols + " columns, " + b);
    }
    int words = Math.ceilDiv(k, depth);
    int block = kernels.panels().blockDepth();
    inside(0, b.p() + (long) words * depth, Math.ceilDiv(b.k(), block) * block);
    inside(0, (long) b.col() + cols, Math.ceilDiv(b.cols(), UNIT) * UNIT);
    left(count, words, a);
    product.set(TileProduct.STEPS, words / TileProduct.UNROLLED);
    product.set(TileProduct.REST, words % TileProduct.UNROLLED);
    product.set(TileProduct.ADD, add ? 1 : 0);
    product.set(TileProduct.C_STRIDE, 4 * cRow);
    int whole = cols / shape.cols();
    long panel = kernels.panels().panelBytes(false, b.k());
    product.set(TileProduct.B_STEP, panel);
    long at = b.col() / shape.cols() * panel + 4L * b.p() / depth * shape.cols();
    if (whole > 0) {
      panels(a.turned(), whole, shape.vectors(), words, b, at, c, 0, count, cRow);
    }
    if (whole * shape.cols() < cols) { // half a panel of two vectors
      long cAt = 4L * whole * shape.cols();
      panels(a.turned(), 1, 1, words, b, at + whole * panel, c, cAt, count, cRow);
    }
  }

  /** Where words of a left factor stand, and how far apart. */
  private void left(int count, int words, TileProducts.Left a) {
    if (words <= 0 || a.rows() % TileProducts.ROWS != 0 || a.cols() % UNIT != 0) {
      throw new IndexOutOfBoundsException(words + " words of " + a);
    }
    product.count(TileProduct.PANELS, count / shape.rows());
    long row = 4L * a.cols();
    if (a.turned()) {
      inside(a.row() % depth, a.row() + (long) words * depth, a.rows());
      inside(0, (long) a.col() + count, a.cols());
      long at = (depth == 1 ? 0 : a.rows() / 2 * row) + a.row() / depth * row + 4L * a.col();
      long bytes = CallArguments.extent(words, row, 4L * count);
      product.set(TileProduct.A, a.data(), at, bytes);
      product.set(TileProduct.A_STEP, 4L * shape.rows());
      product.set(TileProduct.A_STRIDE, row);
    } else {
      inside(a.col() % depth, a.col() + (long) words * depth, a.cols());
      inside(0, (long) a.row() + count, a.rows());
      long stride = row / depth;
      long bytes = CallArguments.extent(count, stride, 4L * words);
      product.set(TileProduct.A, a.data(), a.row() * stride + 4L * a.col() / depth, bytes);
      product.set(TileProduct.A_STEP, shape.rows() * stride);
      product.set(TileProduct.A_STRIDE, stride);
    }
  }

  private static void inside(int odd, long end, int size) {
    if (odd != 0 || end > size) {
      throw new IndexOutOfBoundsException("a part of a factor ends at " + end + " of " + size);
    }
  }

  private void panels(
      boolean turned,
      int panels,
      int vectors,
      int words,
      TileProducts.Right b,
      long at,
      MemorySegment c,
      long cAt,
      int count,
      long cRow) {
    long panel = kernels.panels().panelBytes(false, b.k());
    long bytes = CallArguments.extent(panels, panel, 4L * words * shape.cols());
    product.set(TileProduct.B, b.data(), at, bytes);
    product.set(TileProduct.B_PANELS, panels);
    long row = 4L * panels * vectors * shape.lanes();
    product.set(TileProduct.C, c, cAt, CallArguments.extent(count, 4 * cRow, row));
    product.call(kernels.product(turned, vectors));
  }

  /** The running softmax. */
  public void softmax(
      MemorySegment scores,
      int count,
      int cols,
      int[] from,
      int[] to,
      float scale,
      float[] max,
      float[] sums,
      float[] rescale,
      MemorySegment p) {
    tile(scores, count, cols, from, to, 3);
    write(0, max, count);
    write(count, sums, count);
    set(P2, rows, 0, count);
    set(P3, rows, count, count);
    set(P4, rows, 2L * count, count);
    arguments.set(P5, p, 0, 4L * count * cols / depth);
    arguments.set(StepArguments.NUMBERS, scale);
    arguments.call(kernels.softmax);
    read(0, max, count);
    read(count, sums, count);
    read(2L * count, rescale, count);
  }

  /** Probabilities and the gradient of scores. */
  public void gradients(
      MemorySegment scores,
      MemorySegment dP,
      int count,
      int cols,
      int[] from,
      int[] to,
      float scale,
      float[] logSums,
      float[] delta,
      MemorySegment p,
      MemorySegment d) {
    if (count % depth != 0) {
      throw new IndexOutOfBoundsException("an odd number of rows: " + count);
    }
    tile(scores, count, cols, from, to, 2);
    write(0, logSums, count);
    write(count, delta, count);
    set(P2, rows, 0, count);
    set(P3, rows, count, count);
    long all = 4L * count * cols;
    arguments.set(P4, dP, 0, all);
    long turned = depth == 1 ? 0 : all / 2;
    arguments.set(P5, p, turned, all - turned);
    arguments.set(P6, d, 0, all - turned);
    arguments.set(P7, d, turned, all - turned);
    arguments.count(StepArguments.ROWS, count / depth);
    arguments.set(StepArguments.STEP0, -4L * cols);
    arguments.set(StepArguments.NUMBERS, scale);
    arguments.call(kernels.gradients);
  }

  /** {@code y (+)= factors · x}, strides in floats. */
  public void scale(
      MemorySegment x,
      long xStride,
      float[] factors,
      MemorySegment y,
      long yStride,
      int count,
      int n,
      boolean add) {
    count(n, count);
    set(P0, x, 0, CallArguments.extent(count, xStride, n));
    set(P1, y, 0, CallArguments.extent(count, yStride, n));
    arguments.set(StepArguments.STEP0, 4 * xStride);
    arguments.set(StepArguments.STEP1, 4 * yStride);
    room(count, 4);
    write(0, factors, count);
    set(P2, rows, 0, count);
    arguments.call(add ? kernels.scaleAdding : kernels.scale);
  }

  /** Ranges stand behind {@code arrays} arrays of a float for each row. */
  private void tile(MemorySegment scores, int count, int cols, int[] from, int[] to, int arrays) {
    if (cols > MAX_COLS) {
      throw new IndexOutOfBoundsException("a tile of " + cols + " columns");
    }
    count(cols, count);
    set(P0, scores, 0, (long) count * cols);
    long ranges = 4L * Math.ceilDiv(arrays * count, 2) * 2;
    room(count, 4 * arrays + 4 + StepTiles.RANGE_BYTES);
    for (int r = 0; r < count; r++) {
      int start = Math.clamp(from[r], 0, cols);
      int end = Math.clamp(to[r], 0, cols);
      long place = ranges + (long) r * StepTiles.RANGE_BYTES;
      long first = bounds.address();
      rows.set(ValueLayout.JAVA_LONG, place, first + 4L * (MAX_COLS - start));
      rows.set(ValueLayout.JAVA_LONG, place + 8, first + 4L * (2 * MAX_COLS - end));
    }
    arguments.set(P1, rows, ranges, (long) count * StepTiles.RANGE_BYTES);
  }
}
