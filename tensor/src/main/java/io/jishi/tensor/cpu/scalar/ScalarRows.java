// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.RowOps;
import io.jishi.tensor.cpu.Team;

/** Rows in plain Java, on one thread. */
public final class ScalarRows implements RowOps {
  private float[] a = new float[0];
  private float[] b = new float[0];
  private float[] gain = new float[0];
  private float[] bias = new float[0];

  @Override
  public void rmsNorm(Team team, int width, Tensor x, Weight gain, float eps, Tensor out) {
    int cols = x.cols();
    resize(cols);
    gain.vector(b);
    for (int t = 0; t < x.rows(); t++) {
      x.read(t, 0, a, 0, cols);
      RmsNorm.rms(a, 0, cols, b, eps, a, 0);
      out.write(t, 0, a, 0, cols);
    }
  }

  @Override
  public void gate(Team team, int width, Tensor x, Activation activation, Tensor out) {
    int n = x.cols() / 2;
    resize(n);
    for (int t = 0; t < x.rows(); t++) {
      x.read(t, 0, a, 0, n);
      x.read(t, n, b, 0, n);
      for (int i = 0; i < n; i++) {
        a[i] = Maths.gated(activation, a[i], b[i]);
      }
      out.write(t, 0, a, 0, n);
    }
  }

  @Override
  public void add(Team team, int width, Tensor x, Tensor y, Tensor out) {
    int cols = x.cols();
    resize(cols);
    for (int t = 0; t < x.rows(); t++) {
      x.read(t, 0, a, 0, cols);
      y.read(t, 0, b, 0, cols);
      for (int i = 0; i < cols; i++) {
        a[i] += b[i];
      }
      out.write(t, 0, a, 0, cols);
    }
  }

  @Override
  public void norm(Team team, int width, Tensor x, Norm norm, Tensor out) {
    int cols = x.cols();
    resize(cols);
    spread(norm, cols);
    int n = cols / norm.groups();
    for (int t = 0; t < x.rows(); t++) {
      x.read(t, 0, a, 0, cols);
      for (int at = 0; at < cols; at += n) {
        switch (norm.kind()) {
          case RMS -> NormRows.rms(a, at, n, gain, norm.eps());
          case LAYER -> NormRows.layer(a, at, n, gain, norm.eps());
        }
      }
      for (int i = 0; norm.bias() != null && i < cols; i++) {
        a[i] += bias[i];
      }
      out.write(t, 0, a, 0, cols);
    }
  }

  /** Gain and bias for every column, repeated where all groups share one. */
  private void spread(Norm norm, int cols) {
    int given = norm.gain().cols();
    norm.gain().vector(gain);
    if (norm.bias() != null) {
      norm.bias().vector(bias);
    }
    for (int i = given; i < cols; i++) {
      gain[i] = gain[i - given];
      bias[i] = bias[i - given];
    }
  }

  @Override
  public void scale(Team team, int width, Tensor x, float factor, Tensor out) {
    int cols = x.cols();
    resize(cols);
    for (int t = 0; t < x.rows(); t++) {
      x.read(t, 0, a, 0, cols);
      for (int i = 0; i < cols; i++) {
        a[i] *= factor;
      }
      out.write(t, 0, a, 0, cols);
    }
  }

  @Override
  public void softCap(Team team, int width, Tensor x, float cap, Tensor out) {
    int cols = x.cols();
    resize(cols);
    for (int t = 0; t < x.rows(); t++) {
      x.read(t, 0, a, 0, cols);
      for (int i = 0; i < cols; i++) {
        a[i] = cap * Maths.tanh(a[i] / cap);
      }
      out.write(t, 0, a, 0, cols);
    }
  }

  @Override
  public void multiply(Team team, int width, Tensor x, Tensor y, Tensor out) {
    int cols = x.cols();
    resize(cols);
    boolean whole = y.cols() == cols;
    for (int t = 0; t < x.rows(); t++) {
      x.read(t, 0, a, 0, cols);
      y.read(t, 0, b, 0, y.cols());
      for (int i = 0; i < cols; i++) {
        a[i] *= b[whole ? i : 0];
      }
      out.write(t, 0, a, 0, cols);
    }
  }

  @Override
  public void activate(Team team, int width, Tensor x, Activation activation, Tensor out) {
    int cols = x.cols();
    resize(cols);
    for (int t = 0; t < x.rows(); t++) {
      x.read(t, 0, a, 0, cols);
      for (int i = 0; i < cols; i++) {
        a[i] = Maths.activation(activation, a[i]);
      }
      out.write(t, 0, a, 0, cols);
    }
  }

  @Override
  public void addScaled(
      Team team, int width, Tensor y, int count, int[] places, float[] factors, Tensor out) {
    int cols = out.cols();
    resize(cols);
    for (int i = 0; i < count; i++) {
      y.read(i, 0, a, 0, cols);
      out.read(places[i], 0, b, 0, cols);
      for (int c = 0; c < cols; c++) {
        b[c] = Math.fma(factors[i], a[c], b[c]);
      }
      out.write(places[i], 0, b, 0, cols);
    }
  }

  private void resize(int n) {
    if (a.length < n) {
      a = new float[n];
      b = new float[n];
      gain = new float[n];
      bias = new float[n];
    }
  }
}
