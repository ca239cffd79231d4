// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.DeltaRule;
import java.lang.foreign.MemorySegment;

/** One value head of the gated delta rule: a token forwards, a token backwards. */
final class DeltaRuleHead {
  private final DeltaRuleStep step;
  private final int head;
  private final int dim;
  private final int width;
  private final int queryAt;
  private final int keyAt;
  private final int valueAt;
  private final int decayAt;
  private final int decays;
  private final float decay;
  private final float[] biases;
  private final float[] one = new float[1];

  private final float[] q;
  private final float[] k;
  private final float[] v;
  private final float[] raw;
  private final float[] fade;
  private final float[] miss;
  private float queryFactor;
  private float keyFactor;
  private float rate;

  private final float[] dState;
  private final float[] dy;
  private final float[] spare;
  private final double[] dBias;
  private double dDecay;

  DeltaRuleHead(DeltaRuleStep step, float decay, float[] biases, int head) {
    DeltaRule spec = step.spec();
    this.step = step;
    this.head = head;
    this.decay = decay;
    this.biases = biases;
    dim = spec.keyDim();
    width = spec.valueDim();
    queryAt = head * spec.keyHeads() / spec.valueHeads() * dim;
    keyAt = spec.keyHeads() * dim + queryAt;
    valueAt = 2 * spec.keyHeads() * dim + head * width;
    decays = spec.channelDecay() ? dim : 1;
    decayAt = head * decays;
    q = new float[dim];
    k = new float[dim];
    v = new float[width];
    raw = new float[decays];
    fade = new float[dim];
    miss = new float[width];
    dState = new float[dim * width];
    dy = new float[width];
    spare = new float[Math.max(dim, width)];
    dBias = new double[decays];
  }

  /** Reads what a token brings; queries and keys get their lengths. */
  private void load(int t) {
    long at = (long) t * step.qkv().cols;
    Rows.read(step.qkv().data(), at + queryAt, q, dim);
    Rows.read(step.qkv().data(), at + keyAt, k, dim);
    Rows.read(step.qkv().data(), at + valueAt, v, width);
    queryFactor = unit(q);
    keyFactor = unit(k);
    float scale = (float) (1 / Math.sqrt(dim));
    for (int i = 0; i < dim; i++) {
      q[i] *= scale;
    }
    Rows.read(step.a().data(), (long) t * step.a().cols + decayAt, raw, decays);
    for (int i = 0; i < decays; i++) {
      raw[i] += biases[decayAt + i];
    }
    for (int i = 0; i < dim; i++) {
      int own = Math.min(i, decays - 1);
      fade[i] = own < i ? fade[0] : (float) Math.exp(decay * Curve.softplus(raw[own]));
    }
    Rows.read(step.b().data(), (long) t * step.b().cols + head, one, 1);
    rate = (float) Curve.sigmoid(one[0]);
  }

  private static float unit(float[] x) {
    float sum = 0;
    for (float value : x) {
      sum = Math.fma(value, value, sum);
    }
    float factor = (float) (1 / Math.sqrt(sum + DeltaRule.LENGTH_EPS));
    for (int i = 0; i < x.length; i++) {
      x[i] *= factor;
    }
    return factor;
  }

  /** Takes the state through a token. */
  void forward(float[] state, int t) {
    load(t);
    fadeAndMiss(state, state);
    for (int i = 0; i < dim; i++) {
      for (int j = 0; j < width; j++) {
        state[i * width + j] = Math.fma(k[i], rate * miss[j], state[i * width + j]);
      }
    }
  }

  /** Writes the faded state; leaves in {@link #miss} what the values are not yet. */
  private void fadeAndMiss(float[] state, float[] faded) {
    System.arraycopy(v, 0, miss, 0, width);
    for (int i = 0; i < dim; i++) {
      for (int j = 0; j < width; j++) {
        float s = state[i * width + j] * fade[i];
        faded[i * width + j] = s;
        miss[j] = Math.fma(-k[i], s, miss[j]);
      }
    }
  }

  /** Writes the result behind the token that went through last. */
  void result(float[] state, int t) {
    java.util.Arrays.fill(dy, 0);
    for (int i = 0; i < dim; i++) {
      for (int j = 0; j < width; j++) {
        dy[j] = Math.fma(q[i], state[i * width + j], dy[j]);
      }
    }
    Rows.write(dy, step.out().data(), (long) t * step.out().cols + (long) head * width, width);
  }

  /** Starts a span. */
  void begin() {
    java.util.Arrays.fill(dState, 0);
  }

  /** The gradients of a token, whose successors were there before. */
  void backward(float[] before, float[] behind, int t, DeltaRuleStep.Sums sums) {
    load(t);
    Rows.read(step.out().gradient(), (long) t * step.out().cols + (long) head * width, dy, width);
    float[] dq = new float[dim];
    float[] dk = new float[dim];
    float[] dv = new float[width];
    float[] faded = new float[dim * width];
    fadeAndMiss(before, faded);
    // y = q · S, S = faded + k ⊗ rate · miss
    for (int i = 0; i < dim; i++) {
      for (int j = 0; j < width; j++) {
        int s = i * width + j;
        dq[i] = Math.fma(behind[s], dy[j], dq[i]);
        dState[s] = Math.fma(q[i], dy[j], dState[s]);
        dv[j] = Math.fma(k[i], dState[s], dv[j]);
        dk[i] = Math.fma(dState[s], rate * miss[j], dk[i]);
      }
    }
    double dRate = 0;
    for (int j = 0; j < width; j++) {
      dRate += (double) dv[j] * miss[j];
      dv[j] *= rate; // that of miss, and of the value
    }
    float[] dFade = new float[dim];
    for (int i = 0; i < dim; i++) {
      for (int j = 0; j < width; j++) {
        int s = i * width + j;
        dk[i] = Math.fma(-dv[j], faded[s], dk[i]);
        float g = Math.fma(-k[i], dv[j], dState[s]);
        dFade[i] = Math.fma(g, before[s], dFade[i]);
        dState[s] = g * fade[i];
      }
    }
    lengths(q, dq, queryFactor, (float) (1 / Math.sqrt(dim)));
    lengths(k, dk, keyFactor, 1);
    long at = (long) t * step.qkv().cols;
    add(sums.qkv(), at + queryAt, dq, dim);
    add(sums.qkv(), at + keyAt, dk, dim);
    add(sums.qkv(), at + valueAt, dv, width);
    add(sums.a(), (long) t * step.a().cols + decayAt, decays(dFade), decays);
    one[0] = (float) (dRate * rate * (1 - rate));
    add(sums.b(), (long) t * step.b().cols + head, one, 1);
  }

  /** The gradient of what was given a length: u is {@code scale · factor · x}. */
  private static void lengths(float[] u, float[] du, float factor, float scale) {
    float along = 0;
    for (int i = 0; i < u.length; i++) {
      along = Math.fma(u[i], du[i], along);
    }
    along /= scale;
    for (int i = 0; i < u.length; i++) {
      du[i] = scale * factor * (du[i] - u[i] / scale * along);
    }
  }

  private float[] decays(float[] dFade) {
    float[] da = new float[decays];
    double[] sums = new double[decays];
    for (int i = 0; i < dim; i++) {
      sums[Math.min(i, decays - 1)] += (double) dFade[i] * fade[i];
    }
    for (int i = 0; i < decays; i++) {
      dDecay += sums[i] * Curve.softplus(raw[i]);
      double own = sums[i] * decay * Curve.sigmoid(raw[i]);
      dBias[i] += own;
      da[i] = (float) own;
    }
    return da;
  }

  private void add(MemorySegment to, long at, float[] values, int count) {
    Rows.put(values, spare, to, at, count, true);
  }

  /** Adds the sums over all tokens to the gradients of the weights. */
  void give() {
    StateSpaceHead.give(step.decay(), head, dDecay);
    for (int i = 0; i < decays; i++) {
      StateSpaceHead.give(step.decayBias(), decayAt + i, dBias[i]);
    }
  }
}
