// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.cpu.Floats;
import io.jishi.tensor.cpu.ProductShape;
import io.jishi.tensor.cpu.Team;
import java.lang.foreign.MemorySegment;

/**
 * Matrix products in plain Java. The order is a definition: each element is one chain of fused
 * multiply-adds over ascending p, which starts from C, D or 0. Columns of C lie across the lanes;
 * panels of B are staged in heap arrays, since the JIT vectorises only loops over those.
 */
public final class ScalarMatrixProducts implements MatrixProducts {
  private static final int LANES = 128;
  private static final int DEPTH = 256;
  private static final int ROWS = 128;

  private final Team team;
  private final int width;
  private final boolean bf16;
  private final Scratch[] scratch;

  /** Products for {@code width} threads of the team; one works without it. */
  public ScalarMatrixProducts(Team team, int width, Inputs inputs) {
    this.team = team;
    this.width = width;
    bf16 = inputs == Inputs.BF16;
    scratch = new Scratch[width == 1 ? 1 : team.size()];
  }

  private static final class Scratch {
    final float[] b = new float[DEPTH * LANES];
    final float[] a = new float[DEPTH];
    final float[] c = new float[LANES];
  }

  @Override
  public void multiply(
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
    ProductShape shape = new ProductShape(m, n, k, a, aRow, aCol, b, bRow, bCol, d, dRow, c, cRow);
    int columns = Math.ceilDiv(n, LANES);
    int chunks = Math.multiplyExact(columns, Math.ceilDiv(m, ROWS));
    if (width > 1) {
      team.run(chunks, width, (chunk, worker) -> chunk(shape, columns, chunk, worker));
      return;
    }
    for (int chunk = 0; chunk < chunks; chunk++) {
      chunk(shape, columns, chunk, 0);
    }
  }

  /** A right factor where it lies: nothing is gained by packing it. */
  private record Unpacked(int n, int k, MemorySegment b, long row, long col) implements Right {}

  @Override
  public long packedBytes(int n, int k) {
    return 0;
  }

  @Override
  public Right pack(int n, int k, MemorySegment b, long bRow, long bCol, MemorySegment memory) {
    ProductShape.check("B", k, n, b, bRow, bCol);
    return new Unpacked(n, k, b, bRow, bCol);
  }

  @Override
  public void multiply(
      int m,
      MemorySegment a,
      long aRow,
      long aCol,
      Right right,
      MemorySegment d,
      long dRow,
      MemorySegment c,
      long cRow) {
    if (!(right instanceof Unpacked f)) {
      throw new IllegalArgumentException("B was packed for products of another kind");
    }
    multiply(m, f.n, f.k, a, aRow, aCol, f.b, f.row, f.col, d, dRow, c, cRow);
  }

  private void chunk(ProductShape s, int columns, int chunk, int worker) {
    if (scratch[worker] == null) {
      scratch[worker] = new Scratch();
    }
    Scratch mine = scratch[worker];
    int row = chunk / columns * ROWS;
    int rows = Math.min(ROWS, s.m() - row);
    int col = chunk % columns * LANES;
    int cols = Math.min(LANES, s.n() - col);
    s.begin(row, rows, col, cols);
    int p = 0;
    do { // once at least: with k = 0 C becomes zero
      int depth = Math.min(DEPTH, s.k() - p);
      panel(s, p, depth, col, cols, mine.b);
      for (int i = row; i < row + rows; i++) {
        for (int q = 0; q < depth; q++) {
          mine.a[q] = rounded(s.a().getAtIndex(Floats.LAYOUT, i * s.aRow() + (p + q) * s.aCol()));
        }
        long place = 4 * (i * s.cRow() + col);
        if (s.d() != null || p > 0) {
          MemorySegment.copy(s.c(), Floats.LAYOUT, place, mine.c, 0, cols);
        } else {
          java.util.Arrays.fill(mine.c, 0);
        }
        row(mine, depth);
        MemorySegment.copy(mine.c, 0, s.c(), Floats.LAYOUT, place, cols);
      }
      p += depth;
    } while (p < s.k());
  }

  private static void row(Scratch mine, int depth) {
    int q = 0;
    for (; q + 4 <= depth; q += 4) {
      four(mine.a[q], mine.a[q + 1], mine.a[q + 2], mine.a[q + 3], mine.b, q * LANES, mine.c);
    }
    for (; q < depth; q++) {
      one(mine.a[q], mine.b, q * LANES, mine.c);
    }
  }

  private static void four(float a, float b, float c, float d, float[] w, int at, float[] sum) {
    for (int j = 0; j < LANES; j++) {
      float s = Math.fma(a, w[at + j], sum[j]);
      s = Math.fma(b, w[at + LANES + j], s);
      s = Math.fma(c, w[at + 2 * LANES + j], s);
      sum[j] = Math.fma(d, w[at + 3 * LANES + j], s);
    }
  }

  private static void one(float a, float[] w, int at, float[] sum) {
    for (int j = 0; j < LANES; j++) {
      sum[j] = Math.fma(a, w[at + j], sum[j]);
    }
  }

  /** Rows p … p + depth of B, columns col … col + cols, the rest of the lanes zero. */
  private void panel(ProductShape s, int p, int depth, int col, int cols, float[] out) {
    if (cols < LANES) {
      java.util.Arrays.fill(out, 0);
    }
    for (int q = 0; q < depth; q++) {
      long from = (p + q) * s.bRow() + col * s.bCol();
      for (int j = 0; j < cols; j++) {
        out[q * LANES + j] = rounded(s.b().getAtIndex(Floats.LAYOUT, from + j * s.bCol()));
      }
    }
  }

  private float rounded(float x) {
    return bf16 ? Floats.toBf16(x) : x;
  }

  @Override
  public void close() {}
}
