// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Activation;
import java.util.List;

/** An activated gate times what it gates. */
record GateStep(Value x, Activation activation, Value out) implements Step {
  private static final float CLAMP = 7;
  private static final double CLAMPED_SLOPE = 1.702;

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
    m.forwardRows().gate(x.tensor(), activation, out.tensor());
  }

  @Override
  public void backward(Machine m) {
    if (x.fill()) {
      throw new IllegalStateException("a gate is the one reader of its input");
    }
    if (activation == Activation.SILU) {
      m.rows().siluGateBackward(x.data(), out.gradient(), x.gradient(), out.rows, out.cols);
      return;
    }
    int n = out.cols;
    Rows.each(
        m,
        out.rows,
        (from, to, lane) -> {
          lane.room(2 * n, 0);
          for (int r = from; r < to; r++) {
            Rows.read(x.data(), (long) r * 2 * n, lane.a, 2 * n);
            Rows.read(out.gradient(), (long) r * n, lane.b, n);
            backward(activation, lane.a, lane.b, n, lane.array(0, n), lane.array(1, n));
            Rows.write(lane.a, x.gradient(), (long) r * 2 * n, 2 * n); // may be x: it was read
          }
        });
  }

  /** Leaves the results in the first half of a row of gates and what they gate. */
  static void forward(Activation activation, float[] x, int n) {
    if (activation == Activation.CLAMPED_SWIGLU) {
      for (int i = 0; i < n; i++) {
        float gate = Math.min(x[i], CLAMP);
        float up = Math.clamp(x[n + i], -CLAMP, CLAMP);
        x[i] = (float) (gate * Curve.sigmoid(CLAMPED_SLOPE * gate) * (up + 1));
      }
      return;
    }
    new Curve.Act(activation).value(x, n);
    for (int i = 0; i < n; i++) {
      x[i] *= x[n + i];
    }
  }

  /** Turns a row of gates and what they gate into their gradients. */
  static void backward(
      Activation activation, float[] x, float[] dy, int n, float[] value, float[] slope) {
    if (activation == Activation.CLAMPED_SWIGLU) {
      clamped(x, dy, n);
      return;
    }
    Curve curve = new Curve.Act(activation);
    System.arraycopy(x, 0, value, 0, n);
    System.arraycopy(x, 0, slope, 0, n);
    curve.value(value, n);
    curve.slope(slope, n);
    for (int i = 0; i < n; i++) {
      x[i] = dy[i] * x[n + i] * slope[i];
      x[n + i] = dy[i] * value[i];
    }
  }

  private static void clamped(float[] x, float[] dy, int n) {
    for (int i = 0; i < n; i++) {
      float gate = Math.min(x[i], CLAMP);
      float up = Math.clamp(x[n + i], -CLAMP, CLAMP);
      double s = Curve.sigmoid(CLAMPED_SLOPE * gate);
      double slope = s + gate * CLAMPED_SLOPE * s * (1 - s);
      boolean gateMoves = x[i] < CLAMP;
      boolean upMoves = Math.abs(x[n + i]) < CLAMP;
      x[i] = gateMoves ? (float) (dy[i] * (up + 1) * slope) : 0;
      x[n + i] = upMoves ? (float) (dy[i] * gate * s) : 0;
    }
  }
}
