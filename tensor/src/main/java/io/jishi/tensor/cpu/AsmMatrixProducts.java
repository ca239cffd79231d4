// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.MatrixProduct;
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

  /** Chunks of a region: of its end, so much of it one thread may have to itself. */
  private static final int CHUNKS = 512;

  /** Bytes of blocks that are packed before they are multiplied with. */
  private static final long KEPT_BYTES = 8 << 20;

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
  private record Block(int col, int cols, int p, int depth, long at) {
    Block at(long place) {
      return new Block(col, cols, p, depth, place);
    }
  }

  /** A right factor whose blocks stand one after another. */
  private record Packed(int n, int k, List<Block> blocks, MemorySegment memory, TileKernels kernels)
      implements Right {}

  /** A block and where to pack it from. */
  private record Source(Block block, MemorySegment b, long bRow, long bCol) {}

  /**
   * Blocks of the same columns and ascending p, in memory of their own or, null, in that of all.
   */
  private record Part(MatrixProduct s, List<Block> blocks, MemorySegment b) {
    /** Multiplications. */
    double size() {
      return s.m() * blocks.stream().mapToDouble(x -> (double) x.cols * x.depth).sum();
    }
  }

  AsmMatrixProducts(Team team, int width, TileKernels kernels) {
    this.team = team;
    this.width = width;
    this.kernels = kernels;
    shape = kernels.shape();
    workers = new Worker[width == 1 ? 1 : team.size()];
    Arrays.setAll(workers, i -> new Worker());
  }

  @Override
  public void multiply(List<MatrixProduct> products) {
    Together together = new Together();
    products.forEach(together::add);
    together.run();
  }

  /** Products that are done at once: as many blocks as are kept at a time, whosever they are. */
  private final class Together {
    private final List<Part> parts = new ArrayList<>();
    private final List<Source> sources = new ArrayList<>();
    private long bytes;

    void add(MatrixProduct s) {
      if (s.m() == 0 || s.n() == 0 || s.k() == 0) {
        empty(s);
      } else if (s.right() != null) {
        Packed right = packed(s.right());
        addByColumns(s, right.blocks, right.memory);
      } else {
        addToPack(s);
      }
    }

    private void addToPack(MatrixProduct s) {
      List<Block> blocks = new ArrayList<>();
      for (Block block : blocks(s.n(), s.k())) {
        if (bytes > 0 && bytes + bytes(block) > KEPT_BYTES) {
          addByColumns(s, blocks, null);
          run();
          blocks = new ArrayList<>();
        }
        Block placed = block.at(bytes);
        blocks.add(placed);
        sources.add(new Source(placed, s.b(), s.bRow(), s.bCol()));
        bytes += bytes(block);
      }
      addByColumns(s, blocks, null);
    }

    /** Blocks of different columns do not need one another. */
    private void addByColumns(MatrixProduct s, List<Block> blocks, MemorySegment memory) {
      for (int from = 0, to; from < blocks.size(); from = to) {
        to = from + 1;
        while (to < blocks.size() && blocks.get(to).col == blocks.get(from).col) {
          to++;
        }
        parts.add(new Part(s, blocks.subList(from, to), memory));
      }
    }

    /** Packs all blocks, then multiplies with them. */
    void run() {
      boolean alone = parts.stream().mapToDouble(Part::size).sum() <= ALONE;
      b = grown(b, bytes);
      pack(sources, b, alone);
      Rows rows = new Rows(parts);
      AsmMatrixProducts.this.run(rows.chunks, alone, rows);
      parts.clear();
      sources.clear();
      bytes = 0;
    }
  }

  private Packed packed(Right right) {
    if (!(right instanceof Packed b) || b.kernels != kernels) {
      throw new IllegalArgumentException("B was packed for products of another kind");
    }
    Floats.check(b.memory, 0, false);
    return b;
  }

  @Override
  public long packedBytes(int n, int k) {
    return blocks(n, k).stream().mapToLong(this::bytes).sum();
  }

  @Override
  public Right pack(int n, int k, MemorySegment b, long bRow, long bCol, MemorySegment memory) {
    ProductOperands.check("B", k, n, b, bRow, bCol);
    List<Block> blocks = blocks(n, k);
    Floats.check(memory, packedBytes(n, k), true);
    if (memory.address() % ALIGNMENT != 0) {
      throw new IllegalArgumentException("memory for a packed factor starts at a multiple of 64");
    }
    pack(blocks.stream().map(x -> new Source(x, b, bRow, bCol)).toList(), memory, false);
    return new Packed(n, k, blocks, memory, kernels);
  }

  private static void empty(MatrixProduct s) {
    ProductOperands.begin(s, 0, s.n() == 0 ? 0 : s.m(), 0, s.n());
    for (int i = 0; i < s.m() && s.n() > 0 && s.d() == null; i++) {
      s.c().asSlice(4 * i * s.cRow(), 4L * s.n()).fill((byte) 0);
    }
  }

  /** Cuts B into blocks that stand one after another. */
  private List<Block> blocks(int n, int k) {
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
        at += bytes(block);
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

  private void pack(List<Source> sources, MemorySegment to, boolean alone) {
    int[] first = new int[sources.size() + 1];
    for (int i = 0; i < sources.size(); i++) {
      first[i + 1] = first[i] + Math.ceilDiv(sources.get(i).block.cols, shape.cols());
    }
    run(
        first[sources.size()],
        alone,
        (chunk, worker) -> {
          int i = place(first, chunk);
          panel(sources.get(i), (chunk - first[i]) * shape.cols(), to, workers[worker]);
        });
  }

  private void panel(Source from, int col, MemorySegment to, Worker mine) {
    Block block = from.block;
    PanelPacker.Side side = new PanelPacker.Side(false, from.b, from.bCol, from.bRow, shape.cols());
    int count = Math.min(shape.cols(), block.cols - col);
    long at = block.at + col / shape.cols() * kernels.panelBytes(false, block.depth);
    mine.packer.pack(side, block.col + col, count, block.p, block.depth, to, at);
  }

  /** Which of several runs of chunks one is of. */
  private static int place(int[] first, int chunk) {
    int i = 0;
    while (first[i + 1] <= chunk) {
      i++;
    }
    return i;
  }

  /**
   * Blocks' products with rows of A. A chunk has its share of the rows of every part, so that all
   * take about as long; of neighbouring ones as many panels are packed at a time as may be.
   */
  private final class Rows implements Team.Task {
    private final List<Part> parts;
    private final int[] panels;
    private final int chunks;

    Rows(List<Part> parts) {
      this.parts = parts;
      panels = parts.stream().mapToInt(p -> Math.ceilDiv(p.s.m(), shape.rows())).toArray();
      chunks = Math.min(CHUNKS, Arrays.stream(panels).sum());
    }

    @Override
    public void run(int chunk, int worker) {
      run(chunk, chunk + 1, worker);
    }

    @Override
    public void run(int from, int to, int worker) {
      for (int i = 0; i < panels.length; i++) {
        rows(parts.get(i), border(i, from), border(i, to), workers[worker]);
      }
    }

    /** The first panel of a chunk. Parts with few panels have theirs in different chunks. */
    private int border(int part, int chunk) {
      long shift = (long) chunks * part / panels.length;
      return (int) (((long) chunk * panels[part] + shift) / chunks);
    }

    private void rows(Part part, int from, int to, Worker mine) {
      MatrixProduct s = part.s;
      int end = Math.min(s.m(), to * shape.rows());
      int most = PANELS * shape.rows();
      for (Block block : part.blocks) {
        for (int row = from * shape.rows(); row < end; row += most) {
          int count = Math.min(most, end - row);
          packA(s, block, row, count, mine);
          AsmMatrixProducts.this.rows(s, block, part.b == null ? b : part.b, row, count, mine);
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
    if (chunks == 0) {
      return;
    }
    if (width > 1 && !alone) {
      team.run(chunks, width, task);
      return;
    }
    task.run(0, chunks, 0);
  }

  private void packA(MatrixProduct s, Block block, int first, int count, Worker mine) {
    long step = kernels.panelBytes(true, block.depth);
    mine.a = grown(mine.a, Math.ceilDiv(count, shape.rows()) * step);
    PanelPacker.Side side = new PanelPacker.Side(true, s.a(), s.aRow(), s.aCol(), shape.rows());
    mine.packer.pack(side, first, count, block.p, block.depth, mine.a, 0);
  }

  private void rows(
      MatrixProduct s, Block block, MemorySegment b, int first, int count, Worker mine) {
    long step = kernels.panelBytes(true, block.depth);
    int panels = Math.ceilDiv(count, shape.rows());
    long panelOfB = kernels.panelBytes(false, block.depth);
    boolean add = s.d() != null || block.p > 0;
    if (block.p == 0) {
      ProductOperands.begin(s, first, count, block.col, block.cols);
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
      MatrixProduct s,
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
