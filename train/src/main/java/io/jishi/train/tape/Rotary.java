// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

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

  /** Makes the table cover positions below {@code count}. */
  void prepare(int count) {
    if (count <= positions) {
      return;
    }
    cos = new float[Math.multiplyExact(count, half)];
    sin = new float[cos.length];
    for (int p = 0; p < count; p++) {
      for (int i = 0; i < half; i++) {
        float angle = rope.angle(p, i);
        cos[p * half + i] = (float) Math.cos(angle);
        sin[p * half + i] = (float) Math.sin(angle);
      }
    }
    positions = count;
  }

  /** Turns the head at {@code at} to its position, or back where {@code back}. */
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
