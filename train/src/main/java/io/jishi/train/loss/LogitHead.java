// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.loss;

import io.jishi.model.DecoderSpec;
import io.jishi.train.tape.Machine;
import io.jishi.train.tape.Rows;
import java.lang.foreign.MemorySegment;

/**
 * What a model's head does to the last product before it is logits: {@code cap · tanh(scale · x /
 * cap)}; and the gradient of that.
 *
 * @param keptAt where in the machine's scratch memory capped logits are kept for their gradient
 */
record LogitHead(Machine machine, DecoderSpec.Head head, long keptAt) {
  private boolean plain() {
    return head.scale() == 1 && head.softCap() == 0;
  }

  private MemorySegment kept(int rows, int cols) {
    return machine.scratch(keptAt, 4L * rows * cols);
  }

  void forward(MemorySegment logits, int rows, int cols, boolean learning) {
    if (plain()) {
      return;
    }
    float cap = head.softCap();
    MemorySegment kept = learning && cap != 0 ? kept(rows, cols) : null;
    Rows.each(
        machine,
        rows,
        (from, to, lane) -> {
          lane.room(cols, 0);
          for (int r = from; r < to; r++) {
            Rows.read(logits, (long) r * cols, lane.a, cols);
            for (int i = 0; i < cols; i++) {
              lane.a[i] *= head.scale();
            }
            for (int i = 0; cap != 0 && i < cols; i++) {
              lane.a[i] = (float) (cap * Math.tanh(lane.a[i] / cap));
            }
            Rows.write(lane.a, logits, (long) r * cols, cols);
            if (kept != null) {
              Rows.write(lane.a, kept, (long) r * cols, cols);
            }
          }
        });
  }

  /** The gradient of logits becomes that of the product. */
  void backward(MemorySegment gradient, int rows, int cols) {
    if (plain()) {
      return;
    }
    float cap = head.softCap();
    MemorySegment kept = cap == 0 ? null : kept(rows, cols);
    Rows.each(
        machine,
        rows,
        (from, to, lane) -> {
          lane.room(cols, 0);
          for (int r = from; r < to; r++) {
            Rows.read(gradient, (long) r * cols, lane.a, cols);
            for (int i = 0; i < cols; i++) {
              lane.a[i] *= head.scale();
            }
            if (kept != null) {
              Rows.read(kept, (long) r * cols, lane.b, cols);
              for (int i = 0; i < cols; i++) {
                float t = lane.b[i] / cap; // the hyperbolic tangent
                lane.a[i] *= 1 - t * t;
              }
            }
            Rows.write(lane.a, gradient, (long) r * cols, cols);
          }
        });
  }
}
