// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import java.util.List;

/** Some columns of each row. */
record ColumnsStep(Value x, int from, Value out) implements Step {
  @Override
  public List<Value> inputs() {
    return List.of(x);
  }

  @Override
  public List<Value> outputs() {
    return List.of(out);
  }

  @Override
  public List<Value> kept() {
    return List.of();
  }

  @Override
  public boolean learns() {
    return false;
  }

  @Override
  public void forward(Machine m) {
    JoinStep.copy(m, x.data(), x.cols, from, out.data(), out.cols, 0, out.cols, out.rows, false);
  }

  @Override
  public void backward(Machine m) {
    JoinStep.copy(
        m, out.gradient(), out.cols, 0, Rows.sums(m, x, 0), x.cols, from, out.cols, out.rows, true);
  }
}
