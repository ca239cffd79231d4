// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.DeltaRule;
import java.util.Arrays;

/** One token of the gated delta rule. */
final class DeltaStep {
  private static final int LANES = 16;

  private final float[] lanes = new float[LANES];
  private DeltaRule spec;
  private float[] decay;
  private float[] delta = new float[0];

  /** Queries, keys and values; queries and keys are scaled in place. */
  float[] in = new float[0];

  /** Softplus of the decays. */
  float[] a = new float[0];

  /** Before the sigmoid. */
  float[] b = new float[0];

  /** The result. */
  float[] y = new float[0];

  void begin(DeltaRule of, float[] decays) {
    if (of != spec) {
      in = sized(in, of.inputWidth());
      a = sized(a, of.decayWidth());
      b = sized(b, of.valueHeads());
      y = sized(y, of.outputWidth());
      delta = sized(delta, of.valueDim());
    }
    spec = of;
    decay = decays;
  }

  private static float[] sized(float[] old, int size) {
    return old.length < size ? new float[size] : old;
  }

  void run(float[] state) {
    int dim = spec.keyDim();
    float scale = (float) (1 / Math.sqrt(dim));
    for (int h = 0; h < spec.keyHeads(); h++) {
      unit(h * dim, dim, scale);
      unit((spec.keyHeads() + h) * dim, dim, 1);
    }
    for (int h = 0; h < spec.valueHeads(); h++) {
      head(h, state);
    }
  }

  /** Sums: 16 lanes side by side, then a tree of halves. */
  private void unit(int from, int n, float scale) {
    Arrays.fill(lanes, 0);
    for (int i = 0; i < n; i++) {
      float x = in[from + i];
      lanes[i % LANES] = Math.fma(x, x, lanes[i % LANES]);
    }
    for (int half = LANES / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        lanes[i] += lanes[i + half];
      }
    }
    float factor = 1 / (float) Math.sqrt(lanes[0] + DeltaRule.LENGTH_EPS) * scale;
    for (int i = from; i < from + n; i++) {
      in[i] = factor * in[i];
    }
  }

  private void head(int h, float[] state) {
    int dim = spec.keyDim();
    int width = spec.valueDim();
    int query = h * spec.keyHeads() / spec.valueHeads() * dim;
    int key = spec.keyHeads() * dim + query;
    int value = 2 * spec.keyHeads() * dim + h * width;
    int at = h * dim * width;
    Arrays.fill(delta, 0, width, 0);
    for (int i = 0; i < dim; i++) {
      float fade = Maths.exp(decay[h] * a[spec.channelDecay() ? h * dim + i : h]);
      for (int j = 0; j < width; j++) {
        float s = state[at + i * width + j] * fade;
        state[at + i * width + j] = s;
        delta[j] = Math.fma(in[key + i], s, delta[j]);
      }
    }
    float rate = Maths.sigmoid(b[h]);
    for (int j = 0; j < width; j++) {
      delta[j] = rate * (in[value + j] - delta[j]);
      y[h * width + j] = 0;
    }
    for (int i = 0; i < dim; i++) {
      for (int j = 0; j < width; j++) {
        float s = Math.fma(in[key + i], delta[j], state[at + i * width + j]);
        state[at + i * width + j] = s;
        y[h * width + j] = Math.fma(in[query + i], s, y[h * width + j]);
      }
    }
  }
}
