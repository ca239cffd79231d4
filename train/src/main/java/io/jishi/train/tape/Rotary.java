// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Batch;
import io.jishi.tensor.Rope;

/** Cosines and sines of all positions up to the longest span, for one rotary embedding. */
final class Rotary {
  private final Rope rope;
  private final int half;
  private float[] cos = new float[0];
  private float[] sin = new float[0];
  private int positions;

  Rotary(Rope rope) {
    this.rope = rope;
    this.half = rope.dims() / 2;
  }

  /** Makes the table cover the longest span of a batch. */
  void prepare(Batch batch) {
    int longest = 0;
    for (int s = 0; s < batch.spans(); s++) {
      longest = Math.max(longest, batch.spanEnd(s) - batch.spanStart(s));
    }
    prepare(longest);
  }

  /** Makes the table cover positions below {@code count}. */
  private void prepare(int count) {
    if (count <= positions) {
      return;
    }
    cos = new float[Math.multiplyExact(count, half)];
    sin = new float[cos.length];
    for (int p = 0; p < count; p++) {
      for (int i = 0; i < half; i++) {
        cos[p * half + i] = rope.cos(p, i);
        sin[p * half + i] = rope.sin(p, i);
      }
    }
    positions = count;
  }

  /**
   * Turns the head at {@code at} to its position, or where {@code back} takes a gradient back: by
   * the transpose of the turn.
   */
  void turn(float[] x, int at, int position, boolean back) {
    boolean pairs = rope.style() == Rope.Style.PAIRS;
    int step = pairs ? 2 : 1;
    int partner = pairs ? 1 : half;
    int table = position * half;
    for (int i = 0; i < half; i++) {
      int a = at + i * step;
      float c = cos[table + i];
      float s = back ? -sin[table + i] : sin[table + i];
      float first = x[a];
      float second = x[a + partner];
      x[a] = first * c - second * s;
      x[a + partner] = second * c + first * s;
    }
  }
}
