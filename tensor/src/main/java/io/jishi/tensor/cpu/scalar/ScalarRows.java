// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.RowOps;
import io.jishi.tensor.cpu.Team;

/** Rows in plain Java, on one thread. */
public final class ScalarRows implements RowOps {
  private float[] a = new float[0];
  private float[] b = new float[0];

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

  private void resize(int n) {
    if (a.length < n) {
      a = new float[n];
      b = new float[n];
    }
  }
}
