// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import java.util.List;

/** A function of each value: an activation, a soft cap. */
record CurveStep(Value x, Curve curve, Value out) implements Step {
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
  public void forward(Machine m) {
    int n = x.cols;
    Rows.each(
        m,
        x.rows,
        (from, to, lane) -> {
          lane.room(n, 0);
          for (int r = from; r < to; r++) {
            Rows.read(x.data(), (long) r * n, lane.a, n);
            curve.value(lane.a, n);
            Rows.write(lane.a, out.data(), (long) r * n, n);
          }
        });
  }

  @Override
  public void backward(Machine m) {
    int n = x.cols;
    boolean add = x.fill();
    Rows.each(
        m,
        x.rows,
        (from, to, lane) -> {
          lane.room(n, 0);
          for (int r = from; r < to; r++) {
            long at = (long) r * n;
            Rows.read(x.data(), at, lane.a, n);
            curve.slope(lane.a, n);
            Rows.read(out.gradient(), at, lane.b, n);
            for (int i = 0; i < n; i++) {
              lane.a[i] *= lane.b[i];
            }
            Rows.put(lane, x.gradient(), at, n, add);
          }
        });
  }
}
