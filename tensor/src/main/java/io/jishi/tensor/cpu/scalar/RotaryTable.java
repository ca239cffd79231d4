// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Batch;
import io.jishi.tensor.Rope;

/** Cosines and sines of one step's positions, made once a step for all layers. */
final class RotaryTable {
  private Rope rope;
  private float[] cos = new float[0];
  private float[] sin = new float[0];

  /** Forgets the positions of the step before. */
  void begin() {
    rope = null;
  }

  /** Makes the table of this step, if it is not there. */
  void prepare(Rope wanted, Batch batch) {
    if (wanted == rope) {
      return;
    }
    int half = wanted.dims() / 2;
    int count = Math.multiplyExact(batch.size(), half);
    if (cos.length < count) {
      cos = new float[count];
      sin = new float[count];
    }
    for (int t = 0; t < batch.size(); t++) {
      for (int i = 0; i < half; i++) {
        cos[t * half + i] = wanted.cos(batch.place(t, wanted.axis(i)), i);
        sin[t * half + i] = wanted.sin(batch.place(t, wanted.axis(i)), i);
      }
    }
    rope = wanted;
  }

  /** Turns the head that starts at {@code at} of token {@code t}. */
  void turn(int t, float[] x, int at) {
    int half = rope.dims() / 2;
    boolean pairs = rope.style() == Rope.Style.PAIRS;
    int step = pairs ? 2 : 1;
    int partner = pairs ? 1 : half;
    for (int i = 0; i < half; i++) {
      int a = at + i * step;
      int b = a + partner;
      float c = cos[t * half + i];
      float s = sin[t * half + i];
      float first = x[a];
      float second = x[b];
      x[a] = first * c - second * s;
      x[b] = second * c + first * s;
    }
  }
}
