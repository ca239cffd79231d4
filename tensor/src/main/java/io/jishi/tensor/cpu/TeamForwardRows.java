// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Activation;
import io.jishi.tensor.ForwardRows;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;

/** Rows on a team, into the caller's memory. */
record TeamForwardRows(Team team, int width, RowOps rows) implements ForwardRows {
  @Override
  public void rmsNorm(Tensor x, Weight gain, float eps, Tensor out) {
    check(x.rows() == out.rows() && x.cols() == out.cols() && gain.cols() == x.cols());
    rows.rmsNorm(team, width, x, gain, eps, out);
  }

  @Override
  public void gate(Tensor x, Activation activation, Tensor out) {
    check(x.rows() == out.rows() && x.cols() == 2 * out.cols());
    rows.gate(team, width, x, activation, out);
  }

  @Override
  public void add(Tensor a, Tensor b, Tensor out) {
    check(a.rows() == out.rows() && a.cols() == out.cols());
    check(b.rows() == out.rows() && b.cols() == out.cols());
    rows.add(team, width, a, b, out);
  }

  private static void check(boolean agree) {
    if (!agree) {
      throw new IllegalArgumentException("shapes do not agree");
    }
  }

  @Override
  public void close() {
    rows.close();
  }
}
