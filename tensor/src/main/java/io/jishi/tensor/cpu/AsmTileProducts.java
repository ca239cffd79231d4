// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.TileProducts;
import io.jishi.tensor.cpu.asm.FactorCall;
import io.jishi.tensor.cpu.asm.FactorKernels;
import io.jishi.tensor.cpu.asm.PanelCall;
import io.jishi.tensor.cpu.asm.TileKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Products of tiles by emitted kernels. */
final class AsmTileProducts implements TileProducts {
  private final Arena arena = Arena.ofShared();
  private final TileKernels panels;
  private final FactorCall call;
  private final PanelPacker packer;
  private MemorySegment padded = MemorySegment.NULL;

  AsmTileProducts(FactorKernels kernels) {
    panels = kernels.panels();
    call = new FactorCall(kernels, arena);
    packer = new PanelPacker(panels, new PanelCall(panels, arena), arena);
  }

  @Override
  public void left(MemorySegment a, long stride, int rows, int cols, MemorySegment out) {
    TileChecks.matrix(a, stride, rows, cols);
    Floats.check(out, TileChecks.leftBytes(rows, cols), true);
    int allRows = TileChecks.up(rows, ROWS);
    int allCols = TileChecks.up(cols, UNIT);
    if (allRows == rows && allCols == cols) {
      call.left(a, stride, rows, cols, out);
      return;
    }
    long bytes = TileChecks.leftBytes(rows, cols);
    if (padded.byteSize() < bytes) {
      padded = arena.allocate(2 * bytes, 64); // twice, so that it seldom grows
    }
    padded.asSlice(0, bytes).fill((byte) 0);
    for (int r = 0; r < rows; r++) {
      MemorySegment.copy(a, 4 * r * stride, padded, 4L * r * allCols, 4L * cols);
    }
    call.left(padded, allCols, allRows, allCols, out);
  }

  @Override
  public void right(MemorySegment b, long bRow, long bCol, int k, int cols, MemorySegment out) {
    TileChecks.right(b, bRow, bCol, k, cols);
    Floats.check(out, TileProducts.panelBytes(k, cols), true);
    int width = panels.shape().cols();
    if (cols % UNIT != 0) {
      long panel = panels.panelBytes(false, k);
      out.asSlice(cols / width * panel, panel).fill((byte) 0); // packing fills smaller units
    }
    packer.pack(new PanelPacker.Side(false, b, bCol, bRow, width), 0, cols, 0, k, out, 0);
  }

  @Override
  public void multiply(
      int rows, int cols, int k, Left a, Right b, MemorySegment c, long cRow, boolean add) {
    TileChecks.read(a.data(), b.data());
    TileChecks.written(c);
    call.multiply(rows, cols, k, a, b, c, cRow, add);
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
    TileChecks.written(scores, p);
    call.softmax(scores, rows, cols, from, to, scale, max, sums, rescale, p);
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
    TileChecks.written(scores, dP, p, d);
    call.gradients(scores, dP, rows, cols, from, to, scale, logSums, delta, p, d);
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
    call.scale(x, xStride, factors, y, yStride, rows, n, add);
  }

  @Override
  public void close() {
    arena.close();
  }
}
