// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import static io.jishi.train.tape.AttentionMemory.BLOCK;
import static io.jishi.train.tape.AttentionMemory.KEYS;
import static io.jishi.train.tape.AttentionMemory.QUERIES;
import static io.jishi.train.tape.AttentionMemory.padded;

import io.jishi.tensor.Batch;
import io.jishi.tensor.Scores;
import io.jishi.tensor.TileProducts;
import io.jishi.tensor.TileProducts.Left;
import io.jishi.tensor.TileProducts.Right;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * One worker's tiles of one attention: some queries against some keys at a time. Keys and values
 * are prepared a block at a time, queries a tile at a time, so that products read them as they are;
 * all queries meet a block before the next one, and carry their sums from block to block.
 */
final class AttentionTiles {
  /**
   * What is attended to how.
   *
   * @param heads query heads
   * @param kvHeads key and value heads
   * @param sinks one more score a head, of a key without a value; null for none
   * @param together whether values are the first columns of the keys, so that their gradients add
   *     up
   * @param ahead how many tokens behind its own a query sees: 0 where attention is causal
   */
  record Shape(
      int heads,
      int kvHeads,
      float scale,
      Scores scores,
      float[] sinks,
      boolean together,
      int ahead) {
    int group() {
      return heads / kvHeads;
    }
  }

  /** Queries and keys as they meet, values, results; or the gradients of all. */
  record Places(HeadPlaces queries, HeadPlaces keys, HeadPlaces values, HeadPlaces results) {
    /** Scratch memory of one worker. */
    long scratchBytes(Scores scores) {
      return AttentionMemory.bytes(keys.dim(), values.dim(), scores.softCap() != 0);
    }
  }

  /** A block of keys of a span, counted from the span's start. */
  private record Block(int span, int kvHead, int first, int count) {
    int end() {
      return first + count;
    }
  }

  private final HeadRows heads;
  private final TileProducts tiles;
  private final Shape shape;
  private final Batch batch;
  private final Places places;
  private final float[] logSums;
  private final AttentionMemory memory;
  private final ScoreTile tile;
  private final float scale;
  private final int keyDim;
  private final int dim;

  private final int[] from = new int[QUERIES];
  private final int[] to = new int[QUERIES];
  private final float[] max = new float[QUERIES];
  private final float[] sums = new float[QUERIES];
  private final float[] factors = new float[QUERIES];
  private final float[] none = new float[QUERIES];
  private final float[] ones = new float[BLOCK];
  private final Bands bands = new Bands();

  /** Maxima and sums of a span's queries between blocks. */
  private float[] carried = new float[0];

  private Block prepared;
  private int start;
  private int length;

  /**
   * Tiles on the memory of a step.
   *
   * @param logSums {@code [heads, tokens]}
   */
  private AttentionTiles(
      Machine m, int worker, Shape shape, Batch batch, Places places, float[] logSums) {
    Machine.Lane lane = m.lane(worker);
    this.heads = new HeadRows(lane);
    this.tiles = lane.tiles;
    this.shape = shape;
    this.batch = batch;
    this.places = places;
    this.logSums = logSums;
    this.keyDim = places.keys.dim();
    this.dim = places.values.dim();
    boolean capped = shape.scores.softCap() != 0;
    long bytes = places.scratchBytes(shape.scores);
    memory = new AttentionMemory(m.scratch(worker * bytes, bytes), keyDim, dim, capped);
    boolean changed = capped || shape.scores.slopes() != null;
    tile = changed ? new ScoreTile(shape, lane, memory.scores, memory.slopes) : null;
    scale = changed ? 1 : shape.scale;
    Arrays.fill(ones, 1);
  }

  /** Those of all workers. */
  static AttentionTiles[] each(
      Machine m, Shape shape, Batch batch, Places places, float[] logSums) {
    AttentionTiles[] all = new AttentionTiles[m.lanes()];
    Arrays.setAll(all, w -> new AttentionTiles(m, w, shape, batch, places, logSums));
    return all;
  }

  private void open(int span) {
    start = batch.spanStart(span);
    length = batch.spanEnd(span) - start;
  }

  private Block block(int span, int kvHead, int first) {
    return new Block(span, kvHead, first, Math.min(BLOCK, length - first));
  }

  /** The first key that queries from {@code first} on see, at the start of a panel. */
  private int firstKey(int first) {
    int window = shape.scores.window();
    int seen = window == 0 ? 0 : Math.max(0, first - window + 1);
    return seen / TileProducts.PANEL * TileProducts.PANEL;
  }

  /** Where the keys end that some queries see. */
  private int endKey(int first, int rows) {
    return (int) Math.min(length, (long) first + rows + shape.ahead);
  }

  private static int whole(int rows) {
    return Math.ceilDiv(rows, TileProducts.ROWS) * TileProducts.ROWS;
  }

  private void prepareKeys(Block b) {
    HeadPlaces k = places.keys;
    MemorySegment keys = k.at(start + b.first, b.kvHead);
    tiles.right(keys, 1, k.stride(), keyDim, b.count, memory.keysAcross);
  }

  private void prepareDown(HeadPlaces x, Block b) {
    MemorySegment rows = x.at(start + b.first, b.kvHead);
    tiles.right(rows, x.stride(), 1, b.count, x.dim(), memory.down);
  }

  private void prepareValues(Block b) {
    HeadPlaces v = places.values;
    MemorySegment values = v.at(start + b.first, b.kvHead);
    tiles.right(values, 1, v.stride(), dim, b.count, memory.valuesAcross);
  }

  /** Some queries, or gradients of results, as a left factor. */
  private Left left(HeadPlaces x, int first, int rows, int head, MemorySegment to) {
    tiles.left(x.at(start + first, head), x.stride(), rows, x.dim(), to);
    return new Left(to, whole(rows), padded(x.dim()), false);
  }

  /** The same as a right one. */
  private Right right(HeadPlaces x, int first, int rows, int head, MemorySegment to) {
    tiles.right(x.at(start + first, head), x.stride(), 1, rows, x.dim(), to);
    return new Right(to, rows, x.dim());
  }

  /** Scores of queries {@code first …} against keys {@code keys …}, before the scale. */
  private void scores(Left queries, int first, int rows, int head, Block b, int keys, int n) {
    Right k = new Right(memory.keysAcross, keyDim, b.count, 0, keys - b.first);
    int cols = padded(n);
    bands.set(rows, n, (long) first + 1 - keys + shape.ahead);
    products(keyDim, queries, k, memory.scores, cols);
    int window = shape.scores.window();
    for (int r = 0; r < rows; r++) {
      int own = first + r + 1 - keys;
      to[r] = (int) Math.min(n, (long) own + shape.ahead);
      from[r] = window == 0 ? 0 : Math.min(to[r], Math.max(0, own - window));
    }
    Arrays.fill(from, rows, whole(rows), 0);
    Arrays.fill(to, rows, whole(rows), 0);
    if (tile != null) {
      tile.change(head, first - keys, rows, n, cols);
    }
  }

  /** Products of rows with the keys that they see; what stands beyond those is left as it is. */
  private void products(int k, Left rows, Right keys, MemorySegment to, int cols) {
    for (int i = 0; i < bands.count; i++) {
      int row = bands.row(i);
      MemorySegment c = WeightProducts.from(to, (long) row * cols);
      tiles.multiply(bands.rows(i), bands.cols(i), k, rows.at(row, 0), keys, c, cols, false);
    }
  }

  /** Adds up rows of a tile times what stands for their keys, or starts such sums. */
  private void sums(Left rows, Right keys, int n, int width, boolean add) {
    for (int i = 0; i < bands.count; i++) {
      int row = bands.row(i);
      int k = Math.min(n, bands.cols(i));
      MemorySegment c = WeightProducts.from(memory.sums, (long) row * width);
      tiles.multiply(bands.rows(i), width, k, rows.at(row, 0), keys, c, width, add);
    }
  }

  /** All queries of a head of a span. */
  void forward(int span, int head) {
    open(span);
    int kvHead = head / shape.group();
    if (length > BLOCK && carried.length < 2 * length) {
      carried = new float[2 * length];
    }
    for (int at = 0; at < length; at += BLOCK) {
      Block b = block(span, kvHead, at);
      if (!b.equals(prepared)) {
        prepareKeys(b);
        prepareDown(shape.together ? places.keys : places.values, b);
        prepared = b;
      }
      for (int first = 0; first < length; first += QUERIES) {
        int rows = Math.min(QUERIES, length - first);
        int begin = firstKey(first);
        int stop = endKey(first, rows);
        if (begin < b.end() && stop > b.first) {
          forward(b, first, rows, head, begin, stop);
        }
      }
    }
  }

  /** One tile of queries against the keys of a block that it sees. */
  private void forward(Block b, int first, int rows, int head, int begin, int stop) {
    HeadPlaces o = places.results;
    int width = padded(dim);
    MemorySegment out = o.at(start + first, head);
    boolean resumed = begin < b.first;
    if (resumed) {
      System.arraycopy(carried, first, max, 0, rows);
      System.arraycopy(carried, length + first, sums, 0, rows);
      heads.scale(out, o.stride(), memory.sums, width, rows, dim, ones, false);
    } else {
      begin(head);
    }
    Left queries = left(places.queries, first, rows, head, memory.queries);
    int end = Math.min(stop, b.end());
    for (int keys = Math.max(begin, b.first); keys < end; keys += KEYS) {
      int n = Math.min(KEYS, end - keys);
      int cols = padded(n);
      scores(queries, first, rows, head, b, keys, n);
      tiles.softmax(
          memory.scores, whole(rows), cols, from, to, scale, max, sums, factors, memory.p);
      boolean add = resumed || keys > begin;
      if (add) {
        tiles.scale(memory.sums, width, factors, memory.sums, width, whole(rows), width, false);
      }
      Left p = new Left(memory.p, whole(rows), cols, false);
      int valueCols = shape.together ? keyDim : dim;
      Right v = new Right(memory.down, b.count, valueCols, keys - b.first, 0);
      sums(p, v, n, width, add);
    }
    if (stop > b.end()) {
      System.arraycopy(max, 0, carried, first, rows);
      System.arraycopy(sums, 0, carried, length + first, rows);
      heads.scale(memory.sums, width, out, o.stride(), rows, dim, ones, false);
      return;
    }
    for (int r = 0; r < rows; r++) {
      factors[r] = 1 / sums[r];
      logSums[head * batch.size() + start + first + r] = max[r] + (float) Math.log(sums[r]);
    }
    heads.scale(memory.sums, width, out, o.stride(), rows, dim, factors, false);
  }

  /** A sink is the first key, with a value of zero. */
  private void begin(int head) {
    boolean sink = shape.sinks != null;
    Arrays.fill(max, sink ? shape.sinks[head] : -Float.MAX_VALUE);
    Arrays.fill(sums, sink ? 1 : 0);
  }

  /**
   * The gradients of the keys and values of one head of a span, and of all queries that attend to
   * them.
   *
   * @param sinks receives the gradient of each query head's sink, from number {@code span · heads}
   *     on; null without
   */
  void backward(int span, int kvHead, Places gradients, double[] sinks) {
    open(span);
    for (int at = 0; at < length; at += BLOCK) {
      Block b = block(span, kvHead, at);
      prepareKeys(b);
      prepareDown(places.keys, b);
      if (!shape.together) {
        prepareValues(b);
      }
      int count = whole(b.count);
      memory.dKeys.asSlice(0, 4L * count * padded(keyDim)).fill((byte) 0);
      memory.dValues.asSlice(0, 4L * count * padded(dim)).fill((byte) 0);
      for (int first = 0; first < length; first += QUERIES) {
        int rows = Math.min(QUERIES, length - first);
        boolean seen = firstKey(first) < b.end() && endKey(first, rows) > b.first;
        for (int g = 0; g < shape.group() && seen; g++) {
          backward(b, first, rows, kvHead * shape.group() + g, gradients, sinks);
        }
      }
      HeadPlaces dk = gradients.keys;
      HeadPlaces dv = gradients.values;
      MemorySegment to = dk.at(start + at, kvHead);
      heads.scale(memory.dKeys, padded(keyDim), to, dk.stride(), b.count, keyDim, ones, false);
      to = dv.at(start + at, kvHead);
      heads.scale(memory.dValues, padded(dim), to, dv.stride(), b.count, dim, ones, shape.together);
    }
  }

  /** The gradient of a sink over the rows of {@link #factors} and {@link #sums}. */
  private double sink(int head, int rows) {
    double sum = 0;
    for (int r = 0; r < rows; r++) {
      sum -= Math.exp(shape.sinks[head] - sums[r]) * factors[r];
    }
    return sum;
  }

  private void backward(Block b, int first, int rows, int head, Places gradients, double[] sinks) {
    HeadPlaces dO = gradients.results;
    Arrays.fill(factors, 0);
    heads.dots(dO, places.results, start + first, head, rows, factors);
    Arrays.fill(sums, 0);
    System.arraycopy(logSums, head * batch.size() + start + first, sums, 0, rows);
    int begin = firstKey(first);
    if (sinks != null && begin >= b.first) {
      sinks[b.span * shape.heads + head] += sink(head, rows);
    }
    Left queries = left(places.queries, first, rows, head, memory.queries);
    Left results = left(dO, first, rows, head, memory.results);
    Right queriesDown = right(places.queries, first, rows, head, memory.queriesDown);
    Right resultsDown = right(dO, first, rows, head, memory.resultsDown);
    int all = whole(rows);
    int width = padded(keyDim);
    int lowest = Math.max(begin, b.first);
    int end = Math.min(endKey(first, rows), b.end());
    for (int keys = lowest; keys < end; keys += KEYS) {
      int n = Math.min(KEYS, end - keys);
      int cols = padded(n);
      scores(queries, first, rows, head, b, keys, n);
      gradients(results, rows, b, keys, n);
      Left p = new Left(memory.p, all, cols, true);
      Left d = new Left(memory.d, all, cols, false);
      Left dTurned = new Left(memory.d, all, cols, true);
      Right k = new Right(memory.down, b.count, keyDim, keys - b.first, 0);
      sums(d, k, n, width, keys > lowest);
      add(n, rows, p, resultsDown, memory.dValues, keys - b.first);
      add(n, rows, dTurned, queriesDown, memory.dKeys, keys - b.first);
    }
    HeadPlaces dq = gradients.queries;
    MemorySegment to = dq.at(start + first, head);
    heads.scale(memory.sums, width, to, dq.stride(), rows, keyDim, ones, begin < b.first);
  }

  /** Probabilities, and the gradient of scores, from scores and gradients of results. */
  private void gradients(Left results, int rows, Block b, int keys, int n) {
    MemorySegment values = shape.together ? memory.keysAcross : memory.valuesAcross;
    Right v = new Right(values, shape.together ? keyDim : dim, b.count, 0, keys - b.first);
    int cols = padded(n);
    products(dim, results, v, memory.dP, cols);
    float[] delta = factors;
    if (tile != null) {
      tile.gradient(memory.dP, factors, rows, n, cols);
      delta = none;
    }
    MemorySegment s = memory.scores;
    tiles.gradients(
        s, memory.dP, whole(rows), cols, from, to, scale, sums, delta, memory.p, memory.d);
  }

  /** Adds what the rows of a tile give to the gradients of {@code n} keys or values. */
  private void add(int n, int rows, Left left, Right right, MemorySegment to, int at) {
    int width = padded(right.cols());
    int from = 0;
    for (int i = 0; i < bands.count; i++) {
      int end = Math.min(whole(n), bands.cols(i));
      int row = bands.row(i); // rows above see none of these keys
      MemorySegment c = WeightProducts.from(to, (long) (at + from) * width);
      Left seen = left.at(row, from);
      tiles.multiply(end - from, width, rows - row, seen, right.at(row, 0), c, width, true);
      from = end;
    }
  }
}
