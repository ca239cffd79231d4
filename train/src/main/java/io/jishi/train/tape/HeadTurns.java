// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;

/**
 * What happens to query and key heads before they meet: an RMSNorm of each head where there is one,
 * then the rotation, or the other way round; and the gradient of both. One head of one span at a
 * time, by the worker that attends with it: what it reads is near, and nobody waits for it.
 *
 * <p>Heads are counted from the first query to the last key, as they stand in a row.
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

  /** Reads what a forward pass and the backward pass behind it need. */
  void begin() {
    if (rotary != null) {
      rotary.prepare(batch);
    }
    if (normed()) {
      attention.queryNorm().vector(queryGains);
      attention.keyNorm().vector(keyGains);
    }
  }

  /**
   * From a head's columns of {@code in} to those of {@code out}, the same but where it is normed.
   */
  void forward(Machine.Lane lane, int span, int head, Value in, Value out) {
    int from = batch.spanStart(span);
    int to = batch.spanEnd(span);
    int dim = attention.headDim();
    int at = head * dim;
    if (!normed()) {
      turn(lane, from, to, new HeadPlaces(out.data(), out.cols, at, dim), false);
      return;
    }
    lane.room(dim, 0);
    for (int t = from; t < to; t++) {
      Rows.read(in.data(), (long) t * in.cols + at, lane.a, dim);
      forward(lane.a, head, batch.position(t));
      Rows.write(lane.a, out.data(), (long) t * out.cols + at, dim);
    }
  }

  private void turn(Machine.Lane lane, int from, int to, HeadPlaces x, boolean back) {
    if (rotary != null && from < to) {
      int position = batch.position(from);
      lane.rows.turn(x.at(from, 0), x.stride(), position, to - from, rotary.table(), back);
    }
  }

  private void forward(float[] x, int head, int position) {
    if (!attention.normLast()) {
      norm(x, head);
    }
    if (rotary != null) {
      rotary.table().turn(x, 0, position, false);
    }
    if (attention.normLast()) {
      norm(x, head);
    }
  }

  private void norm(float[] x, int head) {
    float factor = factor(x);
    float[] gains = head < attention.heads() ? queryGains : keyGains;
    for (int i = 0; i < attention.headDim(); i++) {
      x[i] *= factor * gains[i];
    }
  }

  private float factor(float[] x) {
    float sum = 0;
    for (int i = 0; i < attention.headDim(); i++) {
      sum = Math.fma(x[i], x[i], sum);
    }
    return (float) (1 / Math.sqrt(sum / attention.headDim() + attention.eps()));
  }

  /** Sums of the gains' gradients, for so many chunks of the backward pass; null without norms. */
  float[][] gainSums(int chunks) {
    return normed() ? new float[chunks][2 * attention.headDim()] : null;
  }

  /**
   * Turns the gradient of a turned head into that of the head, in place.
   *
   * @param x the columns that {@link #forward} read, with the gradient
   * @param sums of the chunk ({@link #gainSums})
   */
  void backward(Machine.Lane lane, int span, int head, Value x, float[] sums) {
    int from = batch.spanStart(span);
    int to = batch.spanEnd(span);
    int dim = attention.headDim();
    int at = head * dim;
    if (!normed()) {
      turn(lane, from, to, new HeadPlaces(x.gradient(), x.cols, at, dim), true);
      return;
    }
    lane.room(dim, 0);
    for (int t = from; t < to; t++) {
      long place = (long) t * x.cols + at;
      Rows.read(x.gradient(), place, lane.a, dim);
      Rows.read(x.data(), place, lane.b, dim);
      backward(lane, head, batch.position(t), sums);
      Rows.write(lane.a, x.gradient(), place, dim);
    }
  }

  private void backward(Machine.Lane lane, int head, int position, float[] sums) {
    if (attention.normLast()) {
      if (rotary != null) {
        rotary.table().turn(lane.b, 0, position, false); // the norm saw turned heads
      }
      unnorm(lane, head, sums);
    }
    if (rotary != null) {
      rotary.table().turn(lane.a, 0, position, true);
    }
    if (!attention.normLast()) {
      unnorm(lane, head, sums);
    }
  }

  private void unnorm(Machine.Lane lane, int head, float[] gainSums) {
    int dim = attention.headDim();
    boolean query = head < attention.heads();
    float[] gains = query ? queryGains : keyGains;
    int sums = query ? 0 : dim;
    float factor = factor(lane.b);
    float inner = 0;
    for (int i = 0; i < dim; i++) {
      float x = lane.b[i];
      float dy = lane.a[i];
      gainSums[sums + i] = Math.fma(dy * x, factor, gainSums[sums + i]);
      inner = Math.fma(dy * gains[i], x, inner);
    }
    inner *= factor * factor / dim;
    for (int i = 0; i < dim; i++) {
      lane.a[i] = factor * (lane.a[i] * gains[i] - lane.b[i] * inner);
    }
  }

  /** Adds what all chunks summed to the gains' gradients. */
  void end(float[][] gainSums) {
    if (normed()) {
      add(gainSums, 0, queryGain);
      add(gainSums, attention.headDim(), keyGain);
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
