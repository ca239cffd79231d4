// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.TrainingRows;
import java.lang.foreign.MemorySegment;

/** One worker's tiles of one attention: some queries against some keys at a time. */
final class AttentionTiles {
  private static final int QUERIES = 128;
  private static final int KEYS = TrainingRows.MAX_TILE;
  private static final long TILE_BYTES = 4L * QUERIES * KEYS;

  /** Scratch memory of one worker: probabilities and their gradient. */
  static final long SCRATCH_BYTES = 2 * TILE_BYTES;

  private final Machine.Lane lane;
  private final Attention attention;
  private final Batch batch;
  private final MemorySegment met;
  private final int metStride;
  private final MemorySegment qkv;
  private final int stride;
  private final MemorySegment out;
  private final int outStride;
  private final float[] logSums;
  private final MemorySegment p;
  private final MemorySegment d;
  private final int dim;

  private final int[] from = new int[QUERIES];
  private final int[] to = new int[QUERIES];
  private final float[] max = new float[QUERIES];
  private final float[] sums = new float[QUERIES];
  private final float[] factors = new float[QUERIES];

  /**
   * Tiles on the memory of a step.
   *
   * @param met queries and keys, normed and rotated, {@code [tokens, metStride]}
   * @param qkv for the values
   * @param logSums {@code [heads, tokens]}
   */
  AttentionTiles(
      Machine m,
      int worker,
      Attention attention,
      Batch batch,
      MemorySegment met,
      int metStride,
      MemorySegment qkv,
      MemorySegment out,
      float[] logSums) {
    this.lane = m.lane(worker);
    this.attention = attention;
    this.batch = batch;
    this.met = met;
    this.metStride = metStride;
    this.qkv = qkv;
    this.stride = attention.inputWidth();
    this.out = out;
    this.outStride = attention.outputWidth();
    this.logSums = logSums;
    this.dim = attention.headDim();
    p = m.scratch(worker * SCRATCH_BYTES, TILE_BYTES);
    d = m.scratch(worker * SCRATCH_BYTES + TILE_BYTES, TILE_BYTES);
  }

  private MatrixProducts products() {
    return lane.products;
  }

  private MemorySegment query(int token, int head) {
    return WeightProducts.from(met, (long) token * metStride + head * dim);
  }

  private MemorySegment key(int token, int kvHead) {
    return WeightProducts.from(met, (long) token * metStride + (attention.heads() + kvHead) * dim);
  }

  private long valueAt(int token, int kvHead) {
    return (long) token * stride + (attention.heads() + attention.kvHeads() + kvHead) * dim;
  }

  private MemorySegment output(MemorySegment of, int token, int head) {
    return WeightProducts.from(of, (long) token * outStride + head * dim);
  }

  private static int padded(int n) {
    return Math.ceilDiv(n, TrainingRows.TILE_UNIT) * TrainingRows.TILE_UNIT;
  }

  /** Scores of queries {@code first …} against keys {@code keys …}, before the scale, into p. */
  private void scores(int first, int rows, int head, int keys, int n) {
    int kvHead = head / (attention.heads() / attention.kvHeads());
    products()
        .multiply(
            rows, n, dim, query(first, head), metStride, 1, key(keys, kvHead), 1, metStride, p,
            padded(n), false);
    for (int r = 0; r < rows; r++) {
      from[r] = 0;
      to[r] = Math.min(n, first + r + 1 - keys);
    }
  }

  /** All queries of a head of a span. */
  void forward(int span, int head) {
    int start = batch.spanStart(span);
    int end = batch.spanEnd(span);
    int kvHead = head / (attention.heads() / attention.kvHeads());
    for (int first = start; first < end; first += QUERIES) {
      int rows = Math.min(QUERIES, end - first);
      java.util.Arrays.fill(max, -Float.MAX_VALUE);
      java.util.Arrays.fill(sums, 0);
      MemorySegment o = output(out, first, head);
      for (int keys = start; keys < first + rows; keys += KEYS) {
        int n = Math.min(KEYS, first + rows - keys);
        scores(first, rows, head, keys, n);
        lane.rows.softmaxTile(
            p, rows, padded(n), from, to, attention.scale(), max, sums, factors);
        if (keys > start) {
          scale(o, rows);
        }
        MemorySegment v = WeightProducts.from(qkv, valueAt(keys, kvHead));
        products()
            .multiply(rows, dim, n, p, padded(n), 1, v, stride, 1, o, outStride, keys > start);
      }
      for (int r = 0; r < rows; r++) {
        factors[r] = 1 / sums[r];
        logSums[head * batch.size() + first + r] = max[r] + (float) Math.log(sums[r]);
      }
      scale(o, rows);
    }
  }

  /** Multiplies rows of an output tile by {@link #factors}. */
  private void scale(MemorySegment o, int rows) {
    if (dim % TrainingRows.TILE_UNIT == 0) {
      lane.rows.scaleRows(o, outStride, rows, dim, factors);
      return;
    }
    lane.room(dim, 0);
    for (int r = 0; r < rows; r++) {
      Rows.read(o, (long) r * outStride, lane.a, dim);
      for (int i = 0; i < dim; i++) {
        lane.a[i] *= factors[r];
      }
      Rows.write(lane.a, o, (long) r * outStride, dim);
    }
  }

  /** Rows of {@code a ⊙ b} summed, into {@link #factors}. */
  private void dots(MemorySegment a, MemorySegment b, int rows) {
    if (dim % TrainingRows.TILE_UNIT == 0) {
      lane.rows.rowDots(a, outStride, b, outStride, rows, dim, factors);
      return;
    }
    lane.room(dim, 0);
    for (int r = 0; r < rows; r++) {
      Rows.read(a, (long) r * outStride, lane.a, dim);
      Rows.read(b, (long) r * outStride, lane.b, dim);
      float sum = 0;
      for (int i = 0; i < dim; i++) {
        sum = Math.fma(lane.a[i], lane.b[i], sum);
      }
      factors[r] = sum;
    }
  }

  /**
   * The gradients of the keys and values of one head of a span, and of all queries that attend to
   * them. Queries go from last to first: the last tile sees all keys, so that it starts each sum.
   */
  void backward(int span, int kvHead, MemorySegment dQkv, MemorySegment dOut) {
    int start = batch.spanStart(span);
    int end = batch.spanEnd(span);
    int group = attention.heads() / attention.kvHeads();
    int tiles = Math.ceilDiv(end - start, QUERIES);
    for (int tile = tiles - 1; tile >= 0; tile--) {
      int first = start + tile * QUERIES;
      for (int g = 0; g < group; g++) {
        boolean started = tile < tiles - 1 || g > 0;
        backward(
            first, Math.min(QUERIES, end - first), start, kvHead * group + g, kvHead, dQkv, dOut,
            started);
      }
    }
  }

  private void backward(
      int first,
      int rows,
      int start,
      int head,
      int kvHead,
      MemorySegment dQkv,
      MemorySegment dOut,
      boolean started) {
    MemorySegment dO = output(dOut, first, head);
    dots(dO, output(out, first, head), rows);
    System.arraycopy(logSums, head * batch.size() + first, sums, 0, rows);
    MemorySegment dq = WeightProducts.from(dQkv, (long) first * stride + head * dim);
    for (int keys = start; keys < first + rows; keys += KEYS) {
      int n = Math.min(KEYS, first + rows - keys);
      int cols = padded(n);
      scores(first, rows, head, keys, n);
      lane.rows.probabilities(p, rows, cols, from, to, attention.scale(), sums);
      MemorySegment v = WeightProducts.from(qkv, valueAt(keys, kvHead));
      MemorySegment dv = WeightProducts.from(dQkv, valueAt(keys, kvHead));
      long keyAt = (long) keys * stride + (attention.heads() + kvHead) * dim;
      MemorySegment dk = WeightProducts.from(dQkv, keyAt);
      products().multiply(n, dim, rows, p, 1, cols, dO, outStride, 1, dv, stride, started);
      products().multiply(rows, n, dim, dO, outStride, 1, v, 1, stride, d, cols, false);
      lane.rows.scoreGradient(p, d, rows, cols, factors, attention.scale());
      MemorySegment k = key(keys, kvHead);
      products().multiply(rows, dim, n, d, cols, 1, k, metStride, 1, dq, stride, keys > start);
      products()
          .multiply(
              n, dim, rows, d, 1, cols, query(first, head), metStride, 1, dk, stride, started);
    }
  }
}
