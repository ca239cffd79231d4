// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.DeltaRule;

/** One token of the gated delta rule. */
final class DeltaStep {
  private final DeltaRule spec;
  private final float[] decay;
  private final float[] delta;

  /** Queries, keys and values; queries and keys are scaled in place. */
  final float[] in;

  /** Softplus of the decays. */
  final float[] a;

  /** Before the sigmoid. */
  final float[] b;

  /** The result. */
  final float[] y;

  DeltaStep(DeltaRule spec, float[] decay) {
    this.spec = spec;
    this.decay = decay;
    delta = new float[spec.valueDim()];
    in = new float[spec.inputWidth()];
    a = new float[spec.decayWidth()];
    b = new float[spec.valueHeads()];
    y = new float[spec.outputWidth()];
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

  private void unit(int from, int n, float scale) {
    float sum = 0;
    for (int i = from; i < from + n; i++) {
      sum = Math.fma(in[i], in[i], sum);
    }
    float factor = (float) (1 / Math.sqrt(sum + DeltaRule.LENGTH_EPS)) * scale;
    for (int i = from; i < from + n; i++) {
      in[i] *= factor;
    }
  }

  private void head(int h, float[] state) {
    int dim = spec.keyDim();
    int width = spec.valueDim();
    int query = h * spec.keyHeads() / spec.valueHeads() * dim;
    int key = spec.keyHeads() * dim + query;
    int value = 2 * spec.keyHeads() * dim + h * width;
    int at = h * dim * width;
    java.util.Arrays.fill(delta, 0);
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
