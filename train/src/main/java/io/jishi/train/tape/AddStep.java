// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import java.util.List;

/** A sum. Where the plan allows, the gradients of both terms are the memory of the sum's. */
record AddStep(Value a, Value b, Value out) implements Step {
  @Override
  public List<Value> inputs() {
    return List.of(a, b);
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
    m.forwardRows().add(a.tensor(), b.tensor(), out.tensor());
  }

  @Override
  public void backward(Machine m) {
    pass(m, a, out);
    pass(m, b, out);
  }

  /** Hands the gradient of a sum to a term. */
  static void pass(Machine m, Value term, Value sum) {
    if (!term.learns) {
      return;
    }
    boolean add = term.fill();
    if (term.owner() != sum.owner()) {
      Rows.addScaled(m, sum.gradient(), term.gradient(), sum.rows, sum.cols, 1, add);
    }
  }
}
