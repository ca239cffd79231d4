// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Batch;
import io.jishi.tensor.Weight;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Rows of a table by tokens or by their positions; backwards each token's gradient is added to its
 * row, tokens in order.
 */
record EmbedStep(Weight table, Trainable trained, Batch batch, boolean positions, Value out)
    implements Step {
  /** Of a chunk: two cache lines, so that widths of small models have chunks enough to share. */
  private static final int COLUMNS = 32;

  @Override
  public List<Value> inputs() {
    return List.of();
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
    return trained != null;
  }

  private int index(int t) {
    return positions ? batch.position(t) : batch.token(t);
  }

  @Override
  public void forward(Machine m) {
    int cols = out.cols;
    int stored = Math.toIntExact(table.type().rowBytes(cols));
    MemorySegment to = out.data();
    Rows.each(
        m,
        out.rows,
        (from, end, lane) -> {
          lane.room(cols, stored);
          for (int t = from; t < end; t++) {
            table.row(index(t), lane.bytes, lane.a);
            Rows.write(lane.a, to, (long) t * cols, cols);
          }
        });
  }

  @Override
  public void backward(Machine m) {
    if (trained == null) {
      return;
    }
    MemorySegment sums = trained.summed();
    MemorySegment dy = out.gradient();
    int cols = out.cols;
    m.rows()
        .parallel(
            Math.ceilDiv(cols, COLUMNS),
            (chunk, worker) -> {
              Machine.Lane lane = m.lane(worker);
              lane.room(COLUMNS, 0);
              int first = chunk * COLUMNS;
              int n = Math.min(COLUMNS, cols - first);
              for (int t = 0; t < out.rows; t++) {
                long at = (long) index(t) * cols + first;
                Rows.read(dy, (long) t * cols + first, lane.a, n);
                Rows.read(sums, at, lane.b, n);
                for (int i = 0; i < n; i++) {
                  lane.b[i] += lane.a[i];
                }
                Rows.write(lane.b, sums, at, n);
              }
            });
  }
}
