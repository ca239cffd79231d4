// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.StateSpace;
import java.lang.foreign.MemorySegment;

/** One head of a state space: a token forwards, a token backwards, and the sums of its weights. */
final class StateSpaceHead {
  private final StateSpaceStep step;
  private final int head;
  private final int dim;
  private final int n;
  private final int bAt;
  private final int cAt;
  private final float[] decay;
  private final float skip;
  private final float bias;

  private final float[] x;
  private final float[] b;
  private final float[] c;
  private final float[] fade;
  private final float[] one = new float[1];
  private float delta;
  private float raw;

  private final float[] dState;
  private final float[] dy;
  private final float[] spare;
  private final double[] dDecay;
  private double dSkip;
  private double dBias;

  StateSpaceHead(StateSpaceStep step, StateSpaceStep.Constants constants, int head) {
    StateSpace spec = step.spec();
    this.step = step;
    this.head = head;
    dim = spec.headDim();
    n = spec.state();
    bAt = spec.outputWidth() + head * spec.groups() / spec.heads() * n;
    cAt = bAt + spec.groups() * n;
    decay = constants.decay()[head];
    skip = constants.skip()[head];
    bias = constants.bias()[head];
    x = new float[dim];
    b = new float[n];
    c = new float[n];
    fade = new float[n];
    dState = new float[dim * n];
    dy = new float[dim];
    spare = new float[Math.max(dim, n)];
    dDecay = new double[decay.length];
  }

  private float decay(int j) {
    return decay[Math.min(j, decay.length - 1)];
  }

  /** Reads what a token brings. */
  void load(int t) {
    long at = (long) t * step.xbc().cols;
    Rows.read(step.xbc().data(), at + (long) head * dim, x, dim);
    Rows.read(step.xbc().data(), at + bAt, b, n);
    Rows.read(step.xbc().data(), at + cAt, c, n);
    Rows.read(step.dt().data(), (long) t * step.dt().cols + head, one, 1);
    raw = one[0] + bias;
    delta = (float) Curve.softplus(raw);
    for (int j = 0; j < n; j++) {
      fade[j] = j > 0 && decay.length == 1 ? fade[0] : (float) Math.exp(delta * decay(j));
    }
  }

  /** Takes the state through the token. */
  void forward(float[] state) {
    for (int p = 0; p < dim; p++) {
      float input = delta * x[p];
      int at = p * n;
      for (int j = 0; j < n; j++) {
        state[at + j] = Math.fma(fade[j], state[at + j], input * b[j]);
      }
    }
  }

  /** The result behind the token. */
  void result(float[] state, float[] y) {
    for (int p = 0; p < dim; p++) {
      float sum = 0;
      for (int j = 0; j < n; j++) {
        sum = Math.fma(state[p * n + j], c[j], sum);
      }
      y[p] = Math.fma(skip, x[p], sum);
    }
  }

  /** Starts a span. */
  void begin() {
    java.util.Arrays.fill(dState, 0);
  }

  /** The gradients of a token, whose successors were there before. */
  void backward(float[] before, float[] behind, int t, StateSpaceStep.Sums sums) {
    load(t);
    Rows.read(step.out().gradient(), (long) t * step.out().cols + (long) head * dim, dy, dim);
    float[] dB = new float[n];
    float[] dC = new float[n];
    float[] dFade = new float[n];
    double dDelta = 0;
    for (int p = 0; p < dim; p++) {
      int at = p * n;
      float own = 0;
      float input = delta * x[p];
      for (int j = 0; j < n; j++) {
        dC[j] = Math.fma(behind[at + j], dy[p], dC[j]);
        float g = Math.fma(c[j], dy[p], dState[at + j]);
        own = Math.fma(b[j], g, own);
        dB[j] = Math.fma(input, g, dB[j]);
        dFade[j] = Math.fma(g, before[at + j], dFade[j]);
        dState[at + j] = g * fade[j];
      }
      dDelta += (double) own * x[p];
      dSkip += (double) x[p] * dy[p];
      x[p] = Math.fma(delta, own, skip * dy[p]); // its gradient now
    }
    for (int j = 0; j < n; j++) {
      double g = (double) dFade[j] * fade[j];
      dDelta += g * decay(j);
      dDecay[Math.min(j, decay.length - 1)] += g * delta;
    }
    double dRaw = dDelta * Curve.sigmoid(raw);
    dBias += dRaw;
    add(sums.xbc(), (long) t * step.xbc().cols + (long) head * dim, x, dim);
    add(sums.xbc(), (long) t * step.xbc().cols + bAt, dB, n);
    add(sums.xbc(), (long) t * step.xbc().cols + cAt, dC, n);
    one[0] = (float) dRaw;
    add(sums.dt(), (long) t * step.dt().cols + head, one, 1);
  }

  private void add(MemorySegment to, long at, float[] values, int count) {
    Rows.put(values, spare, to, at, count, true);
  }

  /** Adds the sums over all tokens to the gradients of the weights. */
  void give() {
    if (step.decay() != null) {
      for (int j = 0; j < dDecay.length; j++) {
        give(step.decay(), head * dDecay.length + j, dDecay[j]);
      }
    }
    give(step.skip(), head, dSkip);
    give(step.stepBias(), head, dBias);
  }

  /** Adds to one value of a gradient, if it learns. */
  static void give(Trainable to, int index, double value) {
    if (to != null) {
      MemorySegment gradient = to.summed();
      long at = 4L * index;
      gradient.set(Rows.FLOAT, at, gradient.get(Rows.FLOAT, at) + (float) value);
    }
  }
}
