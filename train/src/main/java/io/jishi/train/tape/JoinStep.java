// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** The columns of a, then those of b. */
record JoinStep(Value a, Value b, Value out) implements Step {
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
    copy(m, a.data(), a.cols, 0, out.data(), out.cols, 0, a.cols, out.rows, false);
    copy(m, b.data(), b.cols, 0, out.data(), out.cols, a.cols, b.cols, out.rows, false);
  }

  @Override
  public void backward(Machine m) {
    pass(m, a, 0);
    pass(m, b, a.cols);
  }

  private void pass(Machine m, Value term, int at) {
    if (term.learns) {
      boolean add = term.fill();
      MemorySegment to = term.gradient();
      copy(m, out.gradient(), out.cols, at, to, term.cols, 0, term.cols, out.rows, add);
    }
  }

  /** Columns {@code from …} of one matrix to, or onto, columns {@code at …} of another. */
  static void copy(
      Machine m,
      MemorySegment x,
      int xCols,
      int from,
      MemorySegment y,
      int yCols,
      int at,
      int count,
      int rows,
      boolean add) {
    Rows.each(
        m,
        rows,
        (first, end, lane) -> {
          lane.room(count, 0);
          for (int r = first; r < end; r++) {
            Rows.read(x, (long) r * xCols + from, lane.a, count);
            Rows.put(lane, y, (long) r * yCols + at, count, add);
          }
        });
  }
}
