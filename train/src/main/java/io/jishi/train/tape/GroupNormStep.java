// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Norm;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A norm of groups of columns, or with means or biases; the plain one is {@link NormStep}. */
record GroupNormStep(Value x, Norm norm, Trainable gain, Trainable bias, Value out)
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
    return List.of(x);
  }

  @Override
  public boolean learns() {
    return gain != null || bias != null;
  }

  private int given() {
    return norm.gain().cols();
  }

  private int size() {
    return x.cols / norm.groups();
  }

  @Override
  public void forward(Machine m) {
    float[] gains = new float[given()];
    float[] biases = new float[given()];
    norm.gain().vector(gains);
    if (norm.bias() != null) {
      norm.bias().vector(biases);
    }
    int cols = x.cols;
    Rows.each(
        m,
        x.rows,
        (from, to, lane) -> {
          lane.room(cols, 0);
          for (int r = from; r < to; r++) {
            Rows.read(x.data(), (long) r * cols, lane.a, cols);
            for (int at = 0; at < cols; at += size()) {
              normalise(lane.a, at);
            }
            for (int i = 0; i < cols; i++) {
              lane.a[i] = Math.fma(lane.a[i], gains[i % gains.length], biases[i % gains.length]);
            }
            Rows.write(lane.a, out.data(), (long) r * cols, cols);
          }
        });
  }

  /** Leaves a group before gain and bias; gives the factor. */
  private float normalise(float[] a, int at) {
    int n = size();
    double mean = 0;
    for (int i = at; norm.kind() == Norm.Kind.LAYER && i < at + n; i++) {
      mean += a[i];
    }
    float less = (float) (mean / n);
    double squares = 0;
    for (int i = at; i < at + n; i++) {
      a[i] -= less;
      squares += (double) a[i] * a[i];
    }
    float factor = (float) (1 / Math.sqrt(squares / n + norm.eps()));
    for (int i = at; i < at + n; i++) {
      a[i] *= factor;
    }
    return factor;
  }

  @Override
  public void backward(Machine m) {
    int cols = x.cols;
    int given = given();
    float[] gains = new float[given];
    norm.gain().vector(gains);
    float[][] sums = new float[Math.ceilDiv(x.rows, Rows.CHUNK)][2 * given];
    boolean add = x.learns && x.fill();
    Rows.each(
        m,
        x.rows,
        (from, to, lane) -> {
          lane.room(cols, 0);
          for (int r = from; r < to; r++) {
            Rows.read(x.data(), (long) r * cols, lane.a, cols);
            Rows.read(out.gradient(), (long) r * cols, lane.b, cols);
            for (int at = 0; at < cols; at += size()) {
              backward(lane, at, gains, sums[from / Rows.CHUNK]);
            }
            if (x.learns) {
              Rows.put(lane, x.gradient(), (long) r * cols, cols, add);
            }
          }
        });
    add(sums, 0, gain);
    add(sums, given, bias);
  }

  /** Turns a group of {@code lane.a} into its gradient. */
  private void backward(Machine.Lane lane, int at, float[] gains, float[] sums) {
    int n = size();
    int given = gains.length;
    float factor = normalise(lane.a, at);
    double mean = 0;
    double along = 0;
    for (int i = at; i < at + n; i++) {
      float dy = lane.b[i];
      int g = i % given;
      sums[g] = Math.fma(dy, lane.a[i], sums[g]);
      sums[given + g] += dy;
      lane.b[i] = dy * gains[g];
      mean += lane.b[i];
      along += (double) lane.b[i] * lane.a[i];
    }
    float less = norm.kind() == Norm.Kind.LAYER ? (float) (mean / n) : 0;
    float share = (float) (along / n);
    for (int i = at; i < at + n; i++) {
      lane.a[i] = factor * (lane.b[i] - less - lane.a[i] * share);
    }
  }

  private static void add(float[][] partials, int from, Trainable to) {
    if (to == null) {
      return;
    }
    int n = Math.toIntExact(to.count());
    float[] sums = new float[n];
    MemorySegment gradient = to.summed();
    Rows.read(gradient, 0, sums, n);
    for (float[] partial : partials) {
      for (int i = 0; i < n; i++) {
        sums[i] += partial[from + i];
      }
    }
    Rows.write(sums, gradient, 0, n);
  }
}
