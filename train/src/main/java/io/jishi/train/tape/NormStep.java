// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Weight;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** RMSNorm of rows. */
record NormStep(Value x, Weight gain, Trainable trained, float eps, Value out) implements Step {
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
    return trained != null;
  }

  @Override
  public long scratchBytes() {
    return 4L * x.cols + (x.learns ? 0 : x.bytes());
  }

  @Override
  public void forward(Machine m) {
    m.forwardRows().rmsNorm(x.tensor(), gain, eps, out.tensor());
  }

  @Override
  public void backward(Machine m) {
    MemorySegment sums = trained == null ? m.scratch(0, 4L * x.cols) : trained.summed();
    MemorySegment dx = x.learns ? x.gradient() : m.scratch(4L * x.cols, x.bytes());
    boolean add = x.learns && x.fill();
    m.rows()
        .rmsNormBackward(
            x.data(), gain.data(), eps, out.gradient(), dx, add, sums, x.rows, x.cols);
  }
}
