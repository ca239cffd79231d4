// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import java.lang.foreign.MemorySegment;

/**
 * What happens to query and key heads before they meet: an RMSNorm of each head where there is one,
 * then the rotation, or the other way round; and the gradient of both.
 */
final class HeadTurns {
  private final Attention attention;
  private final Batch batch;
  private final Rotary rotary;
  private final Trainable queryGain;
  private final Trainable keyGain;
  private final float[] queryGains;
  private final float[] keyGains;

  HeadTurns(
      Attention attention, Batch batch, Rotary rotary, Trainable queryGain, Trainable keyGain) {
    this.attention = attention;
    this.batch = batch;
    this.rotary = rotary;
    this.queryGain = queryGain;
    this.keyGain = keyGain;
    boolean normed = attention.queryNorm() != null;
    queryGains = new float[normed ? attention.headDim() : 0];
    keyGains = new float[queryGains.length];
  }

  boolean normed() {
    return attention.queryNorm() != null;
  }

  boolean learns() {
    return queryGain != null || keyGain != null;
  }

  /** Columns of queries and keys. */
  int width() {
    return (attention.heads() + attention.kvHeads()) * attention.headDim();
  }

  private void prepare() {
    if (rotary != null) {
      rotary.prepare(batch);
    }
    if (normed()) {
      attention.queryNorm().vector(queryGains);
      attention.keyNorm().vector(keyGains);
    }
  }

  /** From the first columns of {@code in} to those of {@code out}, which may be the same. */
  void forward(Machine m, MemorySegment in, int inStride, MemorySegment out, int outStride) {
    prepare();
    int width = width();
    Rows.each(
        m,
        batch.size(),
        (from, to, lane) -> {
          lane.room(width, 0);
          for (int t = from; t < to; t++) {
            Rows.read(in, (long) t * inStride, lane.a, width);
            for (int h = 0; h < heads(); h++) {
              forward(lane.a, h, batch.position(t));
            }
            Rows.write(lane.a, out, (long) t * outStride, width);
          }
        });
  }

  private int heads() {
    return attention.heads() + attention.kvHeads();
  }

  private void forward(float[] x, int head, int position) {
    int at = head * attention.headDim();
    if (normed() && !attention.normLast()) {
      norm(x, head, at);
    }
    if (rotary != null) {
      rotary.turn(x, at, position, false);
    }
    if (normed() && attention.normLast()) {
      norm(x, head, at);
    }
  }

  private void norm(float[] x, int head, int at) {
    float factor = factor(x, at);
    float[] gains = head < attention.heads() ? queryGains : keyGains;
    for (int i = 0; i < attention.headDim(); i++) {
      x[at + i] *= factor * gains[i];
    }
  }

  private float factor(float[] x, int at) {
    float sum = 0;
    for (int i = at; i < at + attention.headDim(); i++) {
      sum = Math.fma(x[i], x[i], sum);
    }
    return (float) (1 / Math.sqrt(sum / attention.headDim() + attention.eps()));
  }

  /**
   * Turns the gradient {@code dx [tokens, stride]} of turned heads into that of the heads in {@code
   * x}, in place.
   */
  void backward(Machine m, MemorySegment x, MemorySegment dx, int stride) {
    int width = width();
    int dim = attention.headDim();
    float[][] gains = new float[normed() ? Math.ceilDiv(batch.size(), Rows.CHUNK) : 0][2 * dim];
    Rows.each(
        m,
        batch.size(),
        (from, to, lane) -> {
          lane.room(width, 0);
          for (int t = from; t < to; t++) {
            Rows.read(dx, (long) t * stride, lane.a, width);
            if (normed()) {
              Rows.read(x, (long) t * stride, lane.b, width);
            }
            for (int h = 0; h < heads(); h++) {
              backward(lane, h, batch.position(t), normed() ? gains[from / Rows.CHUNK] : null);
            }
            Rows.write(lane.a, dx, (long) t * stride, width);
          }
        });
    add(gains, 0, queryGain);
    add(gains, dim, keyGain);
  }

  private void backward(Machine.Lane lane, int head, int position, float[] gainSums) {
    int at = head * attention.headDim();
    if (normed() && attention.normLast()) {
      if (rotary != null) {
        rotary.turn(lane.b, at, position, false); // the norm saw turned heads
      }
      unnorm(lane, head, gainSums);
    }
    if (rotary != null) {
      rotary.turn(lane.a, at, position, true);
    }
    if (normed() && !attention.normLast()) {
      unnorm(lane, head, gainSums);
    }
  }

  private void unnorm(Machine.Lane lane, int head, float[] gainSums) {
    int dim = attention.headDim();
    int at = head * dim;
    boolean query = head < attention.heads();
    float[] gains = query ? queryGains : keyGains;
    int sums = query ? 0 : dim;
    float factor = factor(lane.b, at);
    float inner = 0;
    for (int i = 0; i < dim; i++) {
      float x = lane.b[at + i];
      float dy = lane.a[at + i];
      gainSums[sums + i] = Math.fma(dy * x, factor, gainSums[sums + i]);
      inner = Math.fma(dy * gains[i], x, inner);
    }
    inner *= factor * factor / dim;
    for (int i = 0; i < dim; i++) {
      lane.a[at + i] = factor * (lane.a[at + i] * gains[i] - lane.b[at + i] * inner);
    }
  }

  private void add(float[][] partials, int from, Trainable gain) {
    if (gain == null) {
      return;
    }
    int dim = attention.headDim();
    float[] sums = new float[dim];
    Rows.read(gain.summed(), 0, sums, dim);
    for (float[] partial : partials) {
      for (int i = 0; i < dim; i++) {
        sums[i] += partial[from + i];
      }
    }
    Rows.write(sums, gain.gradient(), 0, dim);
  }
}
