// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.AdamWStep;
import io.jishi.tensor.RotaryTable;
import io.jishi.tensor.cpu.Floats;
import io.jishi.tensor.cpu.RowSteps;
import java.lang.foreign.MemorySegment;

/** Training's loops over rows in plain Java, staged in heap arrays. For one thread. */
public final class ScalarRowSteps implements RowSteps {
  static final int LANES = 16;

  private float[] a = new float[1024];
  private float[] b = new float[1024];
  private float[] c = new float[1024];
  private float[] d = new float[1024];

  private void room(int n) {
    if (a.length < n) {
      a = new float[n];
      b = new float[n];
      c = new float[n];
      d = new float[n];
    }
  }

  private static void read(MemorySegment from, long at, float[] to, int n) {
    MemorySegment.copy(from, Floats.LAYOUT, 4 * at, to, 0, n);
  }

  private static void write(float[] from, MemorySegment to, long at, int n) {
    MemorySegment.copy(from, 0, to, Floats.LAYOUT, 4 * at, n);
  }

  @Override
  public float max(MemorySegment x, long at, int n) {
    room(n);
    read(x, at, a, n);
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      max = Math.max(max, a[i]);
    }
    return max;
  }

  @Override
  public float exponentials(MemorySegment x, long at, int n, float max) {
    room(n);
    read(x, at, a, n);
    float[] sums = new float[LANES];
    for (int i = 0; i < n; i++) {
      a[i] = Maths.exp(a[i] - max);
      sums[i % LANES] += a[i];
    }
    write(a, x, at, n);
    return tree(sums);
  }

  /** The sum of the lanes, halves onto halves. */
  static float tree(float[] sums) {
    for (int half = LANES / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        sums[i] += sums[i + half];
      }
    }
    return sums[0];
  }

  private static float dot(float[] x, float[] y, int n) {
    float[] sums = new float[LANES];
    for (int i = 0; i < n; i++) {
      sums[i % LANES] = Math.fma(x[i], y[i], sums[i % LANES]);
    }
    return tree(sums);
  }

  @Override
  public void scale(MemorySegment x, long at, int n, float factor) {
    room(n);
    read(x, at, a, n);
    for (int i = 0; i < n; i++) {
      a[i] *= factor;
    }
    write(a, x, at, n);
  }

  @Override
  public void add(MemorySegment x, long at, MemorySegment y, long yAt, int n) {
    room(n);
    read(x, at, a, n);
    read(y, yAt, b, n);
    for (int i = 0; i < n; i++) {
      b[i] += a[i];
    }
    write(b, y, yAt, n);
  }

  @Override
  public void rmsNormBackward(
      MemorySegment x,
      MemorySegment gain,
      float eps,
      MemorySegment dy,
      MemorySegment dx,
      boolean add,
      long at,
      MemorySegment dGain,
      long gainAt,
      int rows,
      int n) {
    room(n);
    float[] sums = new float[n];
    read(dGain, gainAt, sums, n);
    read(gain, 0, d, n);
    for (int r = 0; r < rows; r++) {
      long row = at + (long) r * n;
      read(x, row, a, n);
      read(dy, row, b, n);
      float factor = (float) (1 / Math.sqrt(dot(a, a, n) / n + eps));
      for (int i = 0; i < n; i++) {
        sums[i] = Math.fma(b[i] * a[i], factor, sums[i]);
        b[i] *= d[i];
      }
      float inner = dot(a, b, n) * factor * factor / n;
      read(dx, row, c, add ? n : 0);
      for (int i = 0; i < n; i++) {
        float gradient = (b[i] - a[i] * inner) * factor;
        c[i] = add ? c[i] + gradient : gradient;
      }
      write(c, dx, row, n);
    }
    write(sums, dGain, gainAt, n);
  }

  @Override
  public void siluGateBackward(
      MemorySegment x, MemorySegment dy, MemorySegment dx, long first, int rows, int n) {
    room(n);
    for (long r = first; r < first + rows; r++) {
      read(x, 2 * r * n, a, n);
      read(x, 2 * r * n + n, b, n);
      read(dy, r * n, c, n);
      for (int i = 0; i < n; i++) {
        float s = 1 / (1 + Maths.exp(-a[i]));
        float gate = a[i] * s;
        float slope = Math.fma(gate, 1 - s, s);
        d[i] = c[i] * gate;
        a[i] = c[i] * b[i] * slope;
      }
      write(a, dx, 2 * r * n, n);
      write(d, dx, 2 * r * n + n, n);
    }
  }

  @Override
  public void adamW(
      AdamWStep step,
      MemorySegment weights,
      MemorySegment gradients,
      MemorySegment means,
      MemorySegment squares,
      long at,
      int n) {
    room(n);
    read(weights, at, a, n);
    read(gradients, at, b, n);
    read(means, at, c, n);
    read(squares, at, d, n);
    float more1 = 1 - step.beta1();
    float more2 = 1 - step.beta2();
    for (int i = 0; i < n; i++) {
      float g = b[i] * step.gradientScale();
      c[i] = Math.fma(c[i], step.beta1(), g * more1);
      d[i] = Math.fma(d[i], step.beta2(), g * g * more2);
      float root = Math.fma((float) Math.sqrt(d[i]), step.correction(), step.eps());
      a[i] = a[i] * step.decay() - c[i] * step.stepSize() / root;
    }
    write(a, weights, at, n);
    write(c, means, at, n);
    write(d, squares, at, n);
  }

  @Override
  public float squares(MemorySegment x, long at, int n) {
    room(n);
    read(x, at, a, n);
    return dot(a, a, n);
  }

  @Override
  public void rowDots(
      MemorySegment x, long xStride, MemorySegment y, long yStride, int rows, int n, float[] out) {
    room(n);
    for (int r = 0; r < rows; r++) {
      read(x, r * xStride, a, n);
      read(y, r * yStride, b, n);
      out[r] = dot(a, b, n);
    }
  }

  @Override
  public void turn(
      MemorySegment x, long stride, int first, int rows, RotaryTable table, boolean back) {
    int n = table.rope().dims();
    room(n);
    for (int r = 0; r < rows; r++) {
      read(x, r * stride, a, n);
      table.turn(a, 0, first + r, back);
      write(a, x, r * stride, n);
    }
  }

  @Override
  public void close() {}
}
