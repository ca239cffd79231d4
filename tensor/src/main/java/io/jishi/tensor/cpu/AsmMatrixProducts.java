// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.cpu.asm.PanelCall;
import io.jishi.tensor.cpu.asm.TileKernels;
import io.jishi.tensor.cpu.asm.TileShape;
import io.jishi.tensor.cpu.asm.WeightMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Matrix products by emitted kernels, blocked after Goto and van de Geijn (2008). Blocks of B,
 * which the caches hold, are packed by all threads, one at a time or, for several products, all;
 * then each thread packs rows of A of its own and multiplies them with all panels. No two threads
 * share an element of C, and each is one chain of sums over ascending p, so that neither blocks nor
 * threads change a bit.
 */
final class AsmMatrixProducts implements MatrixProducts {
  /** Words of a block over p: a panel of A stays in the first-level cache. */
  private static final int WORDS = 512;

  /**
   * Bytes of a packed block of B: a share of the third-level cache. A block of the second-level
   * cache's size had A packed more often and ran up to a tenth slower (Zen 4).
   */
  private static final long BLOCK_BYTES = 2 << 20;

  /** Panels of A that are packed at a time at most: a panel of B is read once for all of them. */
  private static final int PANELS = 16;

  /** Panels of A of a chunk: so much of a region's end one thread may have to itself. */
  private static final int CHUNK = 2;

  /** Bytes: a cache line, and a vector. */
  private static final int ALIGNMENT = 64;

  /** Products that are over before a second thread is awake. */
  private static final long ALONE = 1L << 20;

  private final Team team;
  private final int width;
  private final TileKernels kernels;
  private final TileShape shape;
  private final Arena arena = Arena.ofShared();
  private final Worker[] workers;
  private MemorySegment b = MemorySegment.NULL;

  /** What one thread works with. */
  private final class Worker {
    final PanelCall call = new PanelCall(kernels, arena);
    final PanelPacker packer = new PanelPacker(kernels, call, arena);
    final MemorySegment tile = arena.allocate(4L * shape.rows() * shape.cols(), 64);
    MemorySegment a = MemorySegment.NULL;
  }

  /** A block of B: columns and successive p, packed at a byte of some memory. */
  private record Block(int col, int cols, int p, int depth, long at) {}

  /** A right factor whose blocks stand one after another. */
  private record Packed(int n, int k, List<Block> blocks, MemorySegment memory, TileKernels kernels)
      implements Right {}

  AsmMatrixProducts(Team team, int width, TileKernels kernels) {
    this.team = team;
    this.width = width;
    this.kernels = kernels;
    shape = kernels.shape();
    workers = new Worker[width == 1 ? 1 : team.size()];
    Arrays.setAll(workers, i -> new Worker());
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
    ProductShape s = new ProductShape(m, n, k, a, aRow, aCol, b, bRow, bCol, d, dRow, c, cRow);
    if (m == 0 || n == 0 || k == 0) {
      empty(s);
      return;
    }
    boolean alone = alone(m, n, k);
    for (Block block : blocks(n, k, false)) {
      this.b = grown(this.b, bytes(block));
      pack(block, b, bRow, bCol, this.b, alone);
      multiply(s, List.of(block), this.b, alone);
    }
  }

  @Override
  public long packedBytes(int n, int k) {
    return blocks(n, k, true).stream().mapToLong(this::bytes).sum();
  }

  @Override
  public Right pack(int n, int k, MemorySegment b, long bRow, long bCol, MemorySegment memory) {
    ProductShape.check("B", k, n, b, bRow, bCol);
    List<Block> blocks = blocks(n, k, true);
    Floats.check(memory, packedBytes(n, k), true);
    if (memory.address() % ALIGNMENT != 0) {
      throw new IllegalArgumentException("memory for a packed factor starts at a multiple of 64");
    }
    for (Block block : blocks) {
      pack(block, b, bRow, bCol, memory, false);
    }
    return new Packed(n, k, blocks, memory, kernels);
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
    if (!(right instanceof Packed b) || b.kernels != kernels) {
      throw new IllegalArgumentException("B was packed for products of another kind");
    }
    Floats.check(b.memory, 0, false);
    ProductShape s = new ProductShape(m, b.n, b.k, a, aRow, aCol, null, 0, 0, d, dRow, c, cRow);
    if (m == 0 || b.n == 0 || b.k == 0) {
      empty(s);
      return;
    }
    multiply(s, b.blocks, b.memory, alone(m, b.n, b.k));
  }

  private static boolean alone(int m, int n, int k) {
    return (double) m * n * k <= ALONE;
  }

  private static void empty(ProductShape s) {
    s.begin(0, s.n() == 0 ? 0 : s.m(), 0, s.n());
    for (int i = 0; i < s.m() && s.n() > 0 && s.d() == null; i++) {
      s.c().asSlice(4 * i * s.cRow(), 4L * s.n()).fill((byte) 0);
    }
  }

  /**
   * Cuts B.
   *
   * @param kept whether each block has memory of its own
   */
  private List<Block> blocks(int n, int k, boolean kept) {
    List<Block> blocks = new ArrayList<>();
    if (n == 0 || k == 0) {
      return blocks;
    }
    int most = WORDS * kernels.depth();
    int depth = even(k, Math.ceilDiv(k, most), kernels.blockDepth());
    int panels = (int) Math.max(1, BLOCK_BYTES / kernels.panelBytes(false, depth));
    int cols = even(n, Math.ceilDiv(Math.ceilDiv(n, shape.cols()), panels), shape.cols());
    long at = 0;
    for (int col = 0; col < n; col += cols) {
      for (int p = 0; p < k; p += depth) {
        Block block = new Block(col, Math.min(cols, n - col), p, Math.min(depth, k - p), at);
        blocks.add(block);
        at += kept ? bytes(block) : 0;
      }
    }
    return blocks;
  }

  /** The size of {@code parts} parts of about the same size, a multiple of {@code unit}. */
  private static int even(int size, int parts, int unit) {
    return Math.ceilDiv(Math.ceilDiv(size, parts), unit) * unit;
  }

  private long bytes(Block block) {
    return kernels.panelBytes(false, block.depth) * Math.ceilDiv(block.cols, shape.cols());
  }

  private void pack(
      Block block, MemorySegment b, long bRow, long bCol, MemorySegment to, boolean alone) {
    long panel = kernels.panelBytes(false, block.depth);
    PanelPacker.Side side = new PanelPacker.Side(false, b, bCol, bRow, shape.cols());
    run(
        Math.ceilDiv(block.cols, shape.cols()),
        alone,
        (chunk, worker) -> {
          int first = chunk * shape.cols();
          int count = Math.min(shape.cols(), block.cols - first);
          long at = block.at + chunk * panel;
          workers[worker].packer.pack(side, block.col + first, count, block.p, block.depth, to, at);
        });
  }

  private void multiply(ProductShape s, List<Block> blocks, MemorySegment packed, boolean alone) {
    run(Math.ceilDiv(s.m(), CHUNK * shape.rows()), alone, new Rows(s, blocks, packed));
  }

  /** Blocks' products with rows of A: of neighbouring chunks as many panels at a time as may be. */
  private final class Rows implements Team.Task {
    private final ProductShape s;
    private final List<Block> blocks;
    private final MemorySegment packed;

    Rows(ProductShape s, List<Block> blocks, MemorySegment packed) {
      this.s = s;
      this.blocks = blocks;
      this.packed = packed;
    }

    @Override
    public void run(int chunk, int worker) {
      run(chunk, chunk + 1, worker);
    }

    @Override
    public void run(int from, int to, int worker) {
      int chunk = CHUNK * shape.rows();
      int end = Math.min(s.m(), to * chunk);
      int most = PANELS * shape.rows();
      for (int first = from * chunk; first < end; first += most) {
        int count = Math.min(most, end - first);
        Block before = null;
        for (Block block : blocks) {
          if (before == null || before.p != block.p) {
            packA(s, block, first, count, workers[worker]);
          }
          rows(s, block, packed, first, count, workers[worker]);
          before = block;
        }
      }
    }
  }

  /** Grows at least twofold, since the old memory comes back only at the end. */
  private MemorySegment grown(MemorySegment old, long bytes) {
    return old.byteSize() >= bytes
        ? old
        : WeightMemory.allocate(Math.max(bytes, 2 * old.byteSize()), arena);
  }

  private void run(int chunks, boolean alone, Team.Task task) {
    if (width > 1 && !alone) {
      team.run(chunks, width, task);
      return;
    }
    task.run(0, chunks, 0);
  }

  private void packA(ProductShape s, Block block, int first, int count, Worker mine) {
    long step = kernels.panelBytes(true, block.depth);
    mine.a = grown(mine.a, Math.ceilDiv(count, shape.rows()) * step);
    PanelPacker.Side side = new PanelPacker.Side(true, s.a(), s.aRow(), s.aCol(), shape.rows());
    mine.packer.pack(side, first, count, block.p, block.depth, mine.a, 0);
  }

  private void rows(
      ProductShape s, Block block, MemorySegment b, int first, int count, Worker mine) {
    long step = kernels.panelBytes(true, block.depth);
    int panels = Math.ceilDiv(count, shape.rows());
    long panelOfB = kernels.panelBytes(false, block.depth);
    boolean add = s.d() != null || block.p > 0;
    if (block.p == 0) {
      s.begin(first, count, block.col, block.cols);
    }
    for (int col = 0; col < block.cols; col += shape.cols()) {
      int valid = Math.min(shape.cols(), block.cols - col);
      long bAt = block.at + col / shape.cols() * panelOfB;
      int whole = valid % shape.lanes() == 0 ? count / shape.rows() : 0;
      long cAt = 4 * (first * s.cRow() + block.col + col);
      if (whole > 0) {
        int vectors = valid / shape.lanes();
        mine.call.product(
            mine.a, 0, step, whole, b, bAt, block.depth, vectors, s.c(), cAt, 4 * s.cRow(), add);
      }
      for (int i = whole; i < panels; i++) {
        int rows = Math.min(shape.rows(), count - i * shape.rows());
        long at = cAt + 4L * i * shape.rows() * s.cRow();
        edge(s, block, mine, i * step, b, bAt, at, rows, valid, add);
      }
    }
  }

  /** A tile that C holds only in part, by way of one that is whole. */
  private void edge(
      ProductShape s,
      Block block,
      Worker mine,
      long aAt,
      MemorySegment b,
      long bAt,
      long cAt,
      int rows,
      int cols,
      boolean add) {
    long row = 4L * shape.cols();
    if (add) {
      for (int r = 0; r < rows; r++) {
        MemorySegment.copy(s.c(), cAt + 4 * r * s.cRow(), mine.tile, r * row, 4L * cols);
      }
    }
    int vectors = Math.ceilDiv(cols, shape.lanes());
    mine.call.product(mine.a, aAt, 0, 1, b, bAt, block.depth, vectors, mine.tile, 0, row, add);
    for (int r = 0; r < rows; r++) {
      MemorySegment.copy(mine.tile, r * row, s.c(), cAt + 4 * r * s.cRow(), 4L * cols);
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
