// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Batch;
import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.Scores;
import io.jishi.tensor.TrainingRows;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** One worker's tiles of one attention: some queries against some keys at a time. */
final class AttentionTiles {
  private static final int QUERIES = 128;
  private static final int KEYS = TrainingRows.MAX_TILE;
  private static final long TILE_BYTES = 4L * QUERIES * KEYS;

  /**
   * What is attended to how.
   *
   * @param heads query heads
   * @param kvHeads key and value heads
   * @param sinks one more score a head, of a key without a value; null for none
   * @param together whether values are a part of the keys, so that their gradients add up
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
  record Places(HeadPlaces queries, HeadPlaces keys, HeadPlaces values, HeadPlaces results) {}

  private final Machine.Lane lane;
  private final Shape shape;
  private final Batch batch;
  private final Places places;
  private final float[] logSums;
  private final ScoreTile tile;
  private final float scale;
  private final MemorySegment p;
  private final MemorySegment d;
  private final int keyDim;
  private final int dim;

  private final int[] from = new int[QUERIES];
  private final int[] to = new int[QUERIES];
  private final float[] max = new float[QUERIES];
  private final float[] sums = new float[QUERIES];
  private final float[] factors = new float[QUERIES];

  /**
   * Tiles on the memory of a step.
   *
   * @param logSums {@code [heads, tokens]}
   */
  AttentionTiles(Machine m, int worker, Shape shape, Batch batch, Places places, float[] logSums) {
    this.lane = m.lane(worker);
    this.shape = shape;
    this.batch = batch;
    this.places = places;
    this.logSums = logSums;
    this.keyDim = places.keys.dim();
    this.dim = places.values.dim();
    long own = worker * scratchBytes(shape.scores);
    p = m.scratch(own, TILE_BYTES);
    d = m.scratch(own + TILE_BYTES, TILE_BYTES);
    boolean capped = shape.scores.softCap() != 0;
    boolean changed = capped || shape.scores.slopes() != null;
    tile =
        changed
            ? new ScoreTile(
                shape, lane, p, capped ? m.scratch(own + 2 * TILE_BYTES, TILE_BYTES) : null)
            : null;
    scale = changed ? 1 : shape.scale;
  }

  /** Scratch memory of one worker: probabilities, their gradient, slopes of a soft cap. */
  static long scratchBytes(Scores scores) {
    return (scores.softCap() == 0 ? 2 : 3) * TILE_BYTES;
  }

  private MatrixProducts products() {
    return lane.products;
  }

  private static int padded(int n) {
    return Math.ceilDiv(n, TrainingRows.TILE_UNIT) * TrainingRows.TILE_UNIT;
  }

  /** The first tile of keys that queries from {@code first} on see. */
  private int firstKeys(int start, int first) {
    int window = shape.scores.window();
    int seen = window == 0 ? start : Math.max(start, first - window + 1);
    return start + (seen - start) / KEYS * KEYS;
  }

  /** Where the keys end that some queries see. */
  private int endKeys(int end, int first, int rows) {
    return (int) Math.min(end, (long) first + rows + shape.ahead);
  }

  /** Scores of queries {@code first …} against keys {@code keys …}, before the scale, into p. */
  private void scores(int first, int rows, int head, int keys, int n) {
    HeadPlaces q = places.queries;
    HeadPlaces k = places.keys;
    products()
        .multiply(
            rows,
            n,
            keyDim,
            q.at(first, head),
            q.stride(),
            1,
            k.at(keys, head / shape.group()),
            1,
            k.stride(),
            p,
            padded(n),
            false);
    int window = shape.scores.window();
    for (int r = 0; r < rows; r++) {
      int own = first + r + 1 - keys;
      to[r] = (int) Math.min(n, (long) own + shape.ahead);
      from[r] = window == 0 ? 0 : Math.min(to[r], Math.max(0, own - window));
    }
    if (tile != null) {
      tile.change(head, first - keys, rows, n, padded(n));
    }
  }

  /** All queries of a head of a span. */
  void forward(int span, int head) {
    int start = batch.spanStart(span);
    int end = batch.spanEnd(span);
    HeadPlaces o = places.results;
    HeadPlaces v = places.values;
    for (int first = start; first < end; first += QUERIES) {
      int rows = Math.min(QUERIES, end - first);
      begin(head);
      int begin = firstKeys(start, first);
      int stop = endKeys(end, first, rows);
      for (int keys = begin; keys < stop; keys += KEYS) {
        int n = Math.min(KEYS, stop - keys);
        scores(first, rows, head, keys, n);
        lane.rows.softmaxTile(p, rows, padded(n), from, to, scale, max, sums, factors);
        if (keys > begin) {
          scale(o, first, head, rows);
        }
        products()
            .multiply(
                rows,
                dim,
                n,
                p,
                padded(n),
                1,
                v.at(keys, head / shape.group()),
                v.stride(),
                1,
                o.at(first, head),
                o.stride(),
                keys > begin);
      }
      for (int r = 0; r < rows; r++) {
        factors[r] = 1 / sums[r];
        logSums[head * batch.size() + first + r] = max[r] + (float) Math.log(sums[r]);
      }
      scale(o, first, head, rows);
    }
  }

  /** A sink is the first key, with a value of zero. */
  private void begin(int head) {
    boolean sink = shape.sinks != null;
    Arrays.fill(max, sink ? shape.sinks[head] : -Float.MAX_VALUE);
    Arrays.fill(sums, sink ? 1 : 0);
  }

  /** Multiplies rows of a head by {@link #factors}. */
  private void scale(HeadPlaces o, int first, int head, int rows) {
    MemorySegment at = o.at(first, head);
    if (dim % TrainingRows.TILE_UNIT == 0) {
      lane.rows.scaleRows(at, o.stride(), rows, dim, factors);
      return;
    }
    lane.room(dim, 0);
    for (int r = 0; r < rows; r++) {
      Rows.read(at, (long) r * o.stride(), lane.a, dim);
      for (int i = 0; i < dim; i++) {
        lane.a[i] *= factors[r];
      }
      Rows.write(lane.a, at, (long) r * o.stride(), dim);
    }
  }

  /** Results times their gradients, summed row by row, into {@link #factors}. */
  private void dots(HeadPlaces dO, int first, int head, int rows) {
    HeadPlaces o = places.results;
    MemorySegment a = dO.at(first, head);
    MemorySegment b = o.at(first, head);
    if (dim % TrainingRows.TILE_UNIT == 0) {
      lane.rows.rowDots(a, dO.stride(), b, o.stride(), rows, dim, factors);
      return;
    }
    lane.room(dim, 0);
    for (int r = 0; r < rows; r++) {
      Rows.read(a, (long) r * dO.stride(), lane.a, dim);
      Rows.read(b, (long) r * o.stride(), lane.b, dim);
      float sum = 0;
      for (int i = 0; i < dim; i++) {
        sum = Math.fma(lane.a[i], lane.b[i], sum);
      }
      factors[r] = sum;
    }
  }

  /**
   * The gradients of the keys and values of one head of a span, and of all queries that attend to
   * them. Queries go from last to first: without a window the last tile sees all keys, so that it
   * starts each sum.
   *
   * @param sinks receives the gradient of each query head's sink, from number {@code span · heads}
   *     on; null without
   */
  void backward(int span, int kvHead, Places gradients, double[] sinks) {
    int start = batch.spanStart(span);
    int end = batch.spanEnd(span);
    boolean cleared = shape.together || shape.scores.window() != 0;
    if (cleared) {
      gradients.keys.clear(start, end, kvHead);
      gradients.values.clear(start, end, kvHead);
    }
    int tiles = Math.ceilDiv(end - start, QUERIES);
    for (int t = tiles - 1; t >= 0; t--) {
      int first = start + t * QUERIES;
      int rows = Math.min(QUERIES, end - first);
      for (int g = 0; g < shape.group(); g++) {
        int head = kvHead * shape.group() + g;
        boolean started = cleared || t < tiles - 1 || g > 0;
        backward(first, rows, start, end, head, gradients, started);
        if (sinks != null) {
          sinks[span * shape.heads + head] += sink(head, rows);
        }
      }
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

  private void backward(
      int first, int rows, int start, int end, int head, Places gradients, boolean started) {
    int kvHead = head / shape.group();
    HeadPlaces dO = gradients.results;
    dots(dO, first, head, rows);
    System.arraycopy(logSums, head * batch.size() + first, sums, 0, rows);
    int begin = firstKeys(start, first);
    int stop = endKeys(end, first, rows);
    for (int keys = begin; keys < stop; keys += KEYS) {
      int n = Math.min(KEYS, stop - keys);
      int cols = padded(n);
      scores(first, rows, head, keys, n);
      lane.rows.probabilities(p, rows, cols, from, to, scale, sums);
      HeadPlaces v = places.values;
      HeadPlaces dv = gradients.values;
      MemorySegment dOut = dO.at(first, head);
      products()
          .multiply(
              n,
              dim,
              rows,
              p,
              1,
              cols,
              dOut,
              dO.stride(),
              1,
              dv.at(keys, kvHead),
              dv.stride(),
              started);
      products()
          .multiply(
              rows,
              n,
              dim,
              dOut,
              dO.stride(),
              1,
              v.at(keys, kvHead),
              1,
              v.stride(),
              d,
              cols,
              false);
      lane.rows.scoreGradient(p, d, rows, cols, factors, scale);
      if (tile != null) {
        tile.gradient(d, rows, n, cols);
      }
      HeadPlaces dq = gradients.queries;
      HeadPlaces dk = gradients.keys;
      HeadPlaces q = places.queries;
      HeadPlaces k = places.keys;
      products()
          .multiply(
              rows,
              keyDim,
              n,
              d,
              cols,
              1,
              k.at(keys, kvHead),
              k.stride(),
              1,
              dq.at(first, head),
              dq.stride(),
              keys > begin);
      products()
          .multiply(
              n,
              keyDim,
              rows,
              d,
              1,
              cols,
              q.at(first, head),
              q.stride(),
              1,
              dk.at(keys, kvHead),
              dk.stride(),
              started);
    }
  }
}
