// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Tensor;

/** Operations on rows that have no emitted kernel: plain Java, on one thread. */
final class Elementwise {
  private float[] a = new float[0];
  private float[] b = new float[0];
  private float[] gain = new float[0];
  private float[] bias = new float[0];

  void norm(Tensor x, Norm norm, Tensor out) {
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

  void scale(Tensor x, float factor, Tensor out) {
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

  void softCap(Tensor x, float cap, Tensor out) {
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

  void multiply(Tensor x, Tensor y, Tensor out) {
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

  void activate(Tensor x, Activation activation, Tensor out) {
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

  /** Columns {@code from … } of {@code x} to columns {@code to … } of {@code out}. */
  void copy(Tensor x, int from, int count, Tensor out, int to) {
    resize(count);
    for (int t = 0; t < x.rows(); t++) {
      x.read(t, from, a, 0, count);
      out.write(t, to, a, 0, count);
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
