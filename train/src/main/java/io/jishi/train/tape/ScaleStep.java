// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import java.util.List;

/** A multiple. */
record ScaleStep(Value x, float factor, Value out) implements Step {
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
    Rows.addScaled(m, x.data(), out.data(), x.rows, x.cols, factor, false);
  }

  @Override
  public void backward(Machine m) {
    Rows.addScaled(m, out.gradient(), x.gradient(), x.rows, x.cols, factor, x.fill());
  }
}
