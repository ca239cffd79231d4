// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Weight;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One product for each equal part of the columns, without biases.
 *
 * @param trained of each weight, or null in its place
 */
record HeadLinearStep(Value x, List<Weight> heads, List<Trainable> trained, Value out)
    implements Step {
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
    return learns() ? List.of(x) : List.of();
  }

  @Override
  public boolean learns() {
    return trained.stream().anyMatch(t -> t != null);
  }

  @Override
  public long scratchBytes() {
    return heads.stream().mapToLong(WeightProducts::scratchBytes).max().orElse(0);
  }

  @Override
  public void forward(Machine m) {
    for (int h = 0; h < heads.size(); h++) {
      Weight w = heads.get(h);
      WeightProducts.forward(
          m,
          x.rows,
          WeightProducts.from(x.data(), (long) h * w.cols()),
          x.cols,
          w,
          null,
          WeightProducts.from(out.data(), (long) h * w.rows()),
          out.cols);
    }
  }

  @Override
  public void backward(Machine m) {
    boolean add = x.learns && x.fill();
    for (int h = 0; h < heads.size(); h++) {
      Weight w = heads.get(h);
      MemorySegment dy = WeightProducts.from(out.gradient(), (long) h * w.rows());
      if (trained.get(h) != null) {
        MemorySegment in = WeightProducts.from(x.data(), (long) h * w.cols());
        WeightProducts.weight(m, x.rows, dy, out.cols, in, x.cols, trained.get(h));
      }
      if (x.learns) {
        MemorySegment dx = WeightProducts.from(x.gradient(), (long) h * w.cols());
        WeightProducts.input(m, x.rows, dy, out.cols, w, dx, x.cols, add);
      }
    }
  }
}
