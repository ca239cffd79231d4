// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Activation;
import java.util.List;

/** A gate by SiLU. */
record GateStep(Value x, Value out) implements Step {
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
    return List.of(x);
  }

  @Override
  public boolean learns() {
    return false;
  }

  @Override
  public Value overwritten() {
    return x;
  }

  @Override
  public void forward(Machine m) {
    m.forwardRows().gate(x.tensor(), Activation.SILU, out.tensor());
  }

  @Override
  public void backward(Machine m) {
    if (x.fill()) {
      throw new IllegalStateException("a gate is the one reader of its input");
    }
    m.rows().siluGateBackward(x.data(), out.gradient(), x.gradient(), out.rows, out.cols);
  }
}
