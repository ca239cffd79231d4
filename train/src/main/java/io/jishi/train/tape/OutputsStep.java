// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Batch;
import io.jishi.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The rows that a batch asks for; each row at most once. */
record OutputsStep(Value x, Batch batch, Value out) implements Step {
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
    long bytes = Tensor.bytes(1, x.cols);
    for (int i = 0; i < out.rows; i++) {
      MemorySegment.copy(x.data(), batch.output(i) * bytes, out.data(), i * bytes, bytes);
    }
  }

  @Override
  public void backward(Machine m) {
    if (!x.learns) {
      return;
    }
    if (!x.fill()) {
      x.gradient().fill((byte) 0);
    }
    MemorySegment dx = x.gradient();
    MemorySegment dy = out.gradient();
    int cols = x.cols;
    Rows.each(
        m,
        out.rows,
        (from, to, lane) -> {
          lane.room(cols, 0);
          for (int i = from; i < to; i++) {
            long at = (long) batch.output(i) * cols;
            Rows.read(dy, (long) i * cols, lane.a, cols);
            Rows.read(dx, at, lane.b, cols);
            for (int c = 0; c < cols; c++) {
              lane.b[c] += lane.a[c];
            }
            Rows.write(lane.b, dx, at, cols);
          }
        });
  }
}
