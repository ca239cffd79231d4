// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.RowArguments.BLOCK;
import static io.jishi.tensor.cpu.asm.RowArguments.LANES;
import static io.jishi.tensor.cpu.asm.RowArguments.RANGE_BYTES;

import io.jishi.tensor.DType;
import io.jishi.tensor.StateSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * The running softmax of some rows (a query of one head each) that share keys and values: {@link
 * #begin}, {@link #scores}, {@link #merge} block after block in ascending order, {@link #finish}.
 * What native code will touch is checked against the memory that it lies in. One for each thread;
 * nothing is allocated by a call once there is room.
 *
 * <p>Rows go through the kernels in tiles as equal as can be; a row's result does not depend on
 * that.
 */
public final class AttentionRows {
  /** Tiles from which on it is worth to turn blocks of 16-bit numbers into floats beforehand. */
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
  private MemorySegment extra = MemorySegment.NULL;
  private MemorySegment none = MemorySegment.NULL;
  private MemorySegment stage = MemorySegment.NULL;
  private AttentionKernels kernels;

  /** Floats of a row's weighted sum. */
  private int width;

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
    width = use.shape().valueWidth();
    rows = count;
    tiles = (count + AttentionKernels.MOST_ROWS - 1) / AttentionKernels.MOST_ROWS;
    reserve();
    arguments.set(RowEnds.ACC, acc, 0, 4L * rows * width);
    arguments.set(RowEnds.SUMS, sums, 0, 4L * rows * LANES);
    arguments.set(RowEnds.MAX, max, 0, 4L * rows);
    arguments.count(RowEnds.ROWS, rows);
    arguments.call(kernels.start);
  }

  private void reserve() {
    acc = grown(acc, 4L * rows * width);
    if (ranges.byteSize() < (long) rows * RANGE_BYTES) {
      sums = arena.allocate(4L * rows * LANES, 64);
      max = arena.allocate(4L * rows, 64);
      extra = arena.allocate(4L * rows, 64);
      none = arena.allocate(4L * rows, 64);
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
   * What row {@code row} adds to its scores of the next block: {@code slope · distance}, the
   * distance from the row's position to that of the block's first key. For shapes with slopes.
   */
  public void slope(int row, float slope, int distance) {
    Objects.checkIndex(row, rows);
    long at = (long) row * RANGE_BYTES;
    ranges.set(FLOAT, at + RowArguments.SLOPE, slope);
    ranges.set(FLOAT, at + RowArguments.DISTANCE, distance);
  }

  /**
   * How scores are made of products.
   *
   * @param cap for shapes with a soft cap
   */
  public void scores(float scale, float cap) {
    arguments.set(RowArguments.SCALE, scale);
    arguments.set(RowArguments.CAP, cap);
  }

  /**
   * Takes one block into all rows.
   *
   * @param cached how keys and values are cached
   * @param queries {@code [rows, keyDim]} floats from {@code queryOffset} on
   * @param block with the layer's keys and values at their offsets
   * @param head whose keys and values
   * @param all whether each row sees the whole block, and the shape has no slopes; else the ranges
   *     hold
   */
  public void merge(
      StateSpec.Rows cached,
      MemorySegment queries,
      long queryOffset,
      MemorySegment block,
      long keyOffset,
      long valueOffset,
      int head,
      boolean all) {
    DType read = place(cached, block, keyOffset, valueOffset, head);
    arguments.set(RowArguments.SCORES, scores, 0, scores.byteSize());
    arguments.set(RowArguments.BOUNDS, bounds, 0, bounds.byteSize());
    int large = rows % tiles;
    int size = rows / tiles;
    MemorySegment seen = all && !kernels.shape().sloped() ? whole : ranges;
    if (large > 0) {
      run(read, queries, queryOffset, seen, 0, large, size + 1);
    }
    run(read, queries, queryOffset, seen, large * (size + 1), tiles - large, size);
  }

  /** Says where keys and values are, as they are or turned into floats, and of what type then. */
  private DType place(
      StateSpec.Rows cached, MemorySegment block, long keyOffset, long valueOffset, int head) {
    AttentionShape shape = kernels.shape();
    long keys = keyOffset + (long) head * BLOCK * shape.keyDim() * cached.size();
    long values = valueOffset + (long) head * BLOCK * shape.valueDim() * cached.size();
    boolean floats = cached.type() == DType.F32;
    boolean bytes = cached.type() == DType.Q8_0;
    boolean wide = !floats && (bytes || shape.reshaped() || tiles >= WIDENED_TILES);
    MemorySegment keyMemory = block;
    MemorySegment valueMemory = block;
    if (wide || shape.reshaped()) {
      stage = grown(stage, 4L * BLOCK * (shape.keyDim() + width));
    }
    if (wide) {
      long scales = 4L * BLOCK * head * (shape.keyDim() / cached.group());
      keys(cached, block, keys, keyOffset + cached.keyScales() + scales);
      keyMemory = stage;
      keys = 0;
    }
    if (wide || shape.reshaped()) {
      long scales = 4L * BLOCK * head * (shape.valueDim() / cached.group());
      if (shape.latent()) {
        turn(keyMemory, keys);
      } else {
        values(cached, block, values, valueOffset + cached.valueScales() + scales);
      }
      valueMemory = stage;
      values = stagedValues();
    }
    DType read = wide ? DType.F32 : cached.type();
    long size = (long) BLOCK * read.blockBytes();
    arguments.set(RowArguments.KEYS, keyMemory, keys, size * shape.keyDim());
    arguments.set(RowArguments.VALUES, valueMemory, values, size * width);
    return read;
  }

  private long stagedValues() {
    return 4L * BLOCK * kernels.shape().keyDim();
  }

  private void keys(StateSpec.Rows cached, MemorySegment block, long from, long scales) {
    int dim = kernels.shape().keyDim();
    arguments.set(CacheReader.OUT, stage, 0, 4L * BLOCK * dim);
    arguments.set(CacheReader.IN, block, from, (long) BLOCK * dim * cached.size());
    if (cached.type() == DType.Q8_0) {
      int groups = dim / cached.group();
      arguments.set(CacheReader.SCALES, block, scales, 4L * BLOCK * groups);
      arguments.count(CacheReader.COUNT, groups);
      arguments.call(kernels.scaledKeys(cached.group()));
    } else {
      arguments.count(CacheReader.COUNT, BLOCK * dim / 16);
      arguments.call(kernels.widen(cached.type()));
    }
  }

  private void values(StateSpec.Rows cached, MemorySegment block, long from, long scales) {
    int dim = kernels.shape().valueDim();
    arguments.set(CacheReader.OUT, stage, stagedValues(), 4L * BLOCK * width);
    arguments.set(CacheReader.IN, block, from, (long) BLOCK * dim * cached.size());
    arguments.count(CacheReader.COUNT, BLOCK);
    if (cached.type() == DType.Q8_0) {
      arguments.set(CacheReader.SCALES, block, scales, 4L * BLOCK * (dim / cached.group()));
      arguments.call(kernels.scaledRows(cached.group()));
    } else if (kernels.shape().reshaped()) {
      arguments.call(kernels.rows(cached.type()));
    } else {
      arguments.count(CacheReader.COUNT, BLOCK * dim / 16);
      arguments.call(kernels.widen(cached.type()));
    }
  }

  private void turn(MemorySegment keys, long from) {
    int dim = kernels.shape().valueDim();
    arguments.set(CacheReader.IN, keys, from, 4L * BLOCK * dim);
    arguments.set(CacheReader.OUT, stage, stagedValues(), 4L * BLOCK * width);
    arguments.count(CacheReader.COUNT, dim / CacheReader.LEAST);
    arguments.call(kernels.turned());
  }

  private void run(
      DType type, MemorySegment queries, long offset, MemorySegment seen, int first, int n, int m) {
    long count = (long) n * m;
    long query = 4L * kernels.shape().keyDim();
    long row = 4L * width;
    arguments.set(RowArguments.QUERIES, queries, offset + first * query, count * query);
    arguments.set(RowArguments.ACC, acc, first * row, count * row);
    arguments.set(RowArguments.SUMS, sums, 4L * LANES * first, 4L * LANES * count);
    arguments.set(RowArguments.MAX, max, 4L * first, 4L * count);
    arguments.set(RowArguments.RANGES, seen, (long) RANGE_BYTES * first, RANGE_BYTES * count);
    arguments.count(RowArguments.TILES, n);
    arguments.call(kernels.block(type, m));
  }

  /** The largest score of row {@code row} so far. */
  public float max(int row) {
    Objects.checkIndex(row, rows);
    return max.getAtIndex(FLOAT, row);
  }

  /** A weight of row {@code row} beside those of its keys: it has no value, but takes its share. */
  public void extra(int row, float weight) {
    Objects.checkIndex(row, rows);
    extra.setAtIndex(FLOAT, row, weight);
  }

  /**
   * Writes the results of {@code tokens} tokens of {@code rows / tokens} rows each, tokens {@code
   * stride} bytes apart.
   *
   * @param extras whether each row has an {@link #extra} weight
   */
  public void finish(int tokens, MemorySegment out, long offset, long stride, boolean extras) {
    int group = rows / tokens;
    Objects.checkIndex(group * tokens - 1, rows);
    long bytes = 4L * group * kernels.shape().valueDim();
    arguments.set(RowEnds.ACC, acc, 0, 4L * width * group * tokens);
    arguments.set(RowEnds.SUMS, sums, 0, 4L * LANES * group * tokens);
    arguments.set(RowEnds.OUT, out, offset, CallArguments.extent(tokens, stride, bytes));
    arguments.set(RowEnds.EXTRA, extras ? extra : none, 0, 4L * group * tokens);
    arguments.count(RowEnds.TOKENS, tokens);
    arguments.count(RowEnds.GROUP, group);
    arguments.set(RowEnds.GAP, stride - bytes);
    arguments.call(kernels.finish);
  }

  private MemorySegment grown(MemorySegment old, long bytes) {
    return old.byteSize() >= bytes ? old : arena.allocate(bytes, 64);
  }
}
