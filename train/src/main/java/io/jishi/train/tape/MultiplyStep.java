// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import java.util.List;

/** A product value by value; where b has one column, it multiplies the whole row. */
record MultiplyStep(Value a, Value b, Value out) implements Step {
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
    return List.of(a, b);
  }

  @Override
  public boolean learns() {
    return false;
  }

  @Override
  public void forward(Machine m) {
    Rows.each(
        m,
        a.rows,
        (from, to, lane) -> {
          lane.room(a.cols, 0);
          for (int r = from; r < to; r++) {
            Rows.read(a.data(), (long) r * a.cols, lane.a, a.cols);
            times(lane, b, r);
            Rows.write(lane.a, out.data(), (long) r * a.cols, a.cols);
          }
        });
  }

  /** Multiplies {@code lane.a} by row r of a factor. */
  private void times(Machine.Lane lane, Value factor, int r) {
    Rows.read(factor.data(), (long) r * factor.cols, lane.b, factor.cols);
    if (factor.cols == a.cols) {
      for (int i = 0; i < a.cols; i++) {
        lane.a[i] *= lane.b[i];
      }
    } else {
      float one = lane.b[0];
      for (int i = 0; i < a.cols; i++) {
        lane.a[i] *= one;
      }
    }
  }

  @Override
  public void backward(Machine m) {
    if (a.learns) {
      backward(m, a, b, a.fill());
    }
    if (b.learns) {
      backward(m, b, a, b.fill());
    }
  }

  private void backward(Machine m, Value of, Value factor, boolean add) {
    Rows.each(
        m,
        a.rows,
        (from, to, lane) -> {
          lane.room(a.cols, 0);
          for (int r = from; r < to; r++) {
            Rows.read(out.gradient(), (long) r * a.cols, lane.a, a.cols);
            times(lane, factor, r);
            if (of.cols < a.cols) {
              float sum = 0;
              for (int i = 0; i < a.cols; i++) {
                sum += lane.a[i];
              }
              lane.a[0] = sum;
            }
            Rows.put(lane, of.gradient(), (long) r * of.cols, of.cols, add);
          }
        });
  }
}
