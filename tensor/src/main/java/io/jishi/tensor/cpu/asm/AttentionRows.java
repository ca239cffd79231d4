// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.RowArguments.BLOCK;
import static io.jishi.tensor.cpu.asm.RowArguments.LANES;
import static io.jishi.tensor.cpu.asm.RowArguments.RANGE_BYTES;

import io.jishi.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * The running softmax of some rows (a query of one head each) that share keys and values: {@link
 * #begin}, {@link #merge} block after block in ascending order, {@link #finish}. What native code
 * will touch is checked against the memory that it lies in. One for each thread; nothing is
 * allocated by a call once there is room.
 *
 * <p>Rows go through the kernels in tiles as equal as can be; a row's result does not depend on
 * that.
 */
public final class AttentionRows {
  /** Tiles from which on it is worth to turn half-precision blocks into floats beforehand. */
  private static final int WIDENED_TILES = 3;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private final Arena arena;
  private final CallArguments arguments;
  private final MemorySegment bounds;
  private final MemorySegment scores;
  private MemorySegment acc = MemorySegment.NULL;
  private MemorySegment sums = MemorySegment.NULL;
  private MemorySegment max = MemorySegment.NULL;
  private MemorySegment ranges = MemorySegment.NULL;
  private MemorySegment whole = MemorySegment.NULL;
  private MemorySegment wide = MemorySegment.NULL;
  private AttentionKernels kernels;
  private int dim;
  private int rows;
  private int tiles;

  /** Rows whose memory lives as long as {@code arena}. */
  public AttentionRows(Arena arena) {
    this.arena = arena;
    arguments = new CallArguments(arena, RowArguments.COUNT);
    scores = arena.allocate(RowArguments.scoreBytes(AttentionKernels.MOST_ROWS), 64);
    bounds = arena.allocate(3L * BLOCK * Float.BYTES, 64);
    for (int i = 0; i < 3 * BLOCK; i++) {
      boolean inside = i / BLOCK == 1;
      bounds.setAtIndex(FLOAT, i, inside ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY);
    }
  }

  /** Starts {@code count} rows that have seen nothing. */
  public void begin(AttentionKernels use, int count) {
    kernels = use;
    dim = use.shape().headDim();
    rows = count;
    tiles = (count + AttentionKernels.MOST_ROWS - 1) / AttentionKernels.MOST_ROWS;
    reserve();
    arguments.set(RowEnds.ACC, acc, 0, 4L * rows * dim);
    arguments.set(RowEnds.SUMS, sums, 0, 4L * rows * LANES);
    arguments.set(RowEnds.MAX, max, 0, 4L * rows);
    arguments.count(RowEnds.ROWS, rows);
    arguments.call(kernels.start);
  }

  private void reserve() {
    acc = grown(acc, 4L * rows * dim);
    if (ranges.byteSize() < (long) rows * RANGE_BYTES) {
      sums = arena.allocate(4L * rows * LANES, 64);
      max = arena.allocate(4L * rows, 64);
      ranges = arena.allocate((long) rows * RANGE_BYTES, 64);
      whole = arena.allocate((long) rows * RANGE_BYTES, 64);
      for (int r = 0; r < rows; r++) {
        range(whole, r, 0, BLOCK);
        common(whole, r, 0, BLOCK);
      }
    }
  }

  /**
   * Says which keys of the next block row {@code row} sees: {@code from … to}, not including the
   * end; none where they are equal.
   */
  public void range(int row, int from, int to) {
    Objects.checkIndex(row, rows);
    Objects.checkFromToIndex(from, to, BLOCK);
    range(ranges, row, from, to);
  }

  /** To be called when all rows have their range. */
  public void ranged() {
    for (int tile = 0; tile < tiles; tile++) {
      int from = 0;
      int to = BLOCK;
      for (int r = start(tile); r < start(tile + 1); r++) {
        from = Math.max(from, (int) mark(r, RowArguments.FROM));
        to = Math.min(to, (int) mark(r, RowArguments.END));
      }
      for (int r = start(tile); r < start(tile + 1); r++) {
        common(ranges, r, from, Math.max(from, to));
      }
    }
  }

  private long mark(int row, int mark) {
    return ranges.get(LONG, (long) row * RANGE_BYTES + mark);
  }

  private static void range(MemorySegment table, int row, int from, int to) {
    long at = (long) row * RANGE_BYTES;
    table.set(LONG, at + RowArguments.FROM, from);
    table.set(LONG, at + RowArguments.END, to);
  }

  private static void common(MemorySegment table, int row, int from, int to) {
    long at = (long) row * RANGE_BYTES;
    long end = Math.min(from, table.get(LONG, at + RowArguments.END));
    table.set(LONG, at + RowArguments.EARLY_END, end);
    table.set(LONG, at + RowArguments.COMMON_FROM, from);
    table.set(LONG, at + RowArguments.COMMON_END, to);
  }

  private int start(int tile) {
    return tile * (rows / tiles) + Math.min(tile, rows % tiles);
  }

  /**
   * Takes one block into all rows.
   *
   * @param queries {@code [rows, headDim]} floats from {@code queryOffset} on
   * @param block with keys {@code [headDim, BLOCK]} and values {@code [BLOCK, headDim]} of {@code
   *     type} at their offsets
   * @param all whether each row sees the whole block; else the ranges hold
   */
  public void merge(
      DType type,
      MemorySegment queries,
      long queryOffset,
      MemorySegment block,
      long keyOffset,
      long valueOffset,
      float scale,
      boolean all) {
    DType read = type;
    MemorySegment memory = block;
    long keys = keyOffset;
    long values = valueOffset;
    if (type == DType.F16 && tiles >= WIDENED_TILES) {
      read = DType.F32;
      memory = wide = grown(wide, 2L * 4 * BLOCK * dim);
      keys = 0;
      values = 4L * BLOCK * dim;
      widen(block, keyOffset, keys);
      widen(block, valueOffset, values);
    }
    long bytes = (long) BLOCK * dim * read.blockBytes();
    arguments.set(RowArguments.KEYS, memory, keys, bytes);
    arguments.set(RowArguments.VALUES, memory, values, bytes);
    arguments.set(RowArguments.SCORES, scores, 0, scores.byteSize());
    arguments.set(RowArguments.BOUNDS, bounds, 0, bounds.byteSize());
    arguments.set(RowArguments.SCALE, scale);
    int large = rows % tiles;
    int size = rows / tiles;
    MemorySegment seen = all ? whole : ranges;
    if (large > 0) {
      run(read, queries, queryOffset, seen, 0, large, size + 1);
    }
    run(read, queries, queryOffset, seen, large * (size + 1), tiles - large, size);
  }

  private void widen(MemorySegment block, long from, long to) {
    int count = BLOCK * dim;
    arguments.set(CacheWriter.IN, block, from, 2L * count);
    arguments.set(CacheWriter.OUT, wide, to, 4L * count);
    arguments.count(CacheWriter.COUNT, count / 16);
    arguments.call(kernels.widen);
  }

  private void run(
      DType type, MemorySegment queries, long offset, MemorySegment seen, int first, int n, int m) {
    long count = (long) n * m;
    long row = 4L * dim;
    arguments.set(RowArguments.QUERIES, queries, offset + first * row, count * row);
    arguments.set(RowArguments.ACC, acc, first * row, count * row);
    arguments.set(RowArguments.SUMS, sums, 4L * LANES * first, 4L * LANES * count);
    arguments.set(RowArguments.MAX, max, 4L * first, 4L * count);
    arguments.set(RowArguments.RANGES, seen, (long) RANGE_BYTES * first, RANGE_BYTES * count);
    arguments.count(RowArguments.TILES, n);
    arguments.call(kernels.block(type, m));
  }

  /**
   * Writes the results of {@code tokens} tokens of {@code rows / tokens} rows each, tokens {@code
   * stride} bytes apart.
   */
  public void finish(int tokens, MemorySegment out, long offset, long stride) {
    int group = rows / tokens;
    Objects.checkIndex(group * tokens - 1, rows);
    long bytes = 4L * group * dim;
    arguments.set(RowEnds.ACC, acc, 0, tokens * bytes);
    arguments.set(RowEnds.SUMS, sums, 0, 4L * LANES * group * tokens);
    arguments.set(RowEnds.OUT, out, offset, CallArguments.extent(tokens, stride, bytes));
    arguments.count(RowEnds.TOKENS, tokens);
    arguments.count(RowEnds.GROUP, group);
    arguments.set(RowEnds.GAP, stride - bytes);
    arguments.call(kernels.finish);
  }

  private MemorySegment grown(MemorySegment old, long bytes) {
    return old.byteSize() >= bytes ? old : arena.allocate(bytes, 64);
  }
}
