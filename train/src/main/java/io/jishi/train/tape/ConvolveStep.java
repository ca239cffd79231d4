// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Batch;
import io.jishi.tensor.Convolution;
import io.jishi.tensor.Weight;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A short convolution of each channel within each span; a chunk of work is some channels. */
record ConvolveStep(
    Value x, Convolution spec, Trainable weight, Trainable bias, Batch batch, Value out)
    implements Step {
  private static final int CHANNELS = 64;

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
    return weight == null ? List.of() : List.of(x);
  }

  @Override
  public boolean learns() {
    return weight != null || bias != null;
  }

  /** Work on channels {@code first … first + n − 1}. */
  @FunctionalInterface
  private interface Work {
    void run(int first, int n, Machine.Lane lane);
  }

  private void each(Machine m, Work work) {
    m.rows()
        .parallel(
            Math.ceilDiv(x.cols, CHANNELS),
            (chunk, worker) -> {
              Machine.Lane lane = m.lane(worker);
              lane.room(CHANNELS, 0);
              int first = chunk * CHANNELS;
              work.run(first, Math.min(CHANNELS, x.cols - first), lane);
            });
  }

  /** {@code [kernel, channels]}. */
  private float[][] taps() {
    Weight w = spec.weight();
    float[][] taps = new float[w.cols()][w.rows()];
    float[] row = new float[w.cols()];
    byte[] stored = new byte[Math.toIntExact(w.type().rowBytes(w.cols()))];
    for (int c = 0; c < w.rows(); c++) {
      w.row(c, stored, row);
      for (int k = 0; k < row.length; k++) {
        taps[k][c] = row[k];
      }
    }
    return taps;
  }

  @Override
  public void forward(Machine m) {
    float[][] taps = taps();
    float[] biases = new float[x.cols];
    if (spec.bias() != null) {
      spec.bias().vector(biases);
    }
    each(
        m,
        (first, n, lane) -> {
          for (int s = 0; s < batch.spans(); s++) {
            for (int t = batch.spanStart(s); t < batch.spanEnd(s); t++) {
              System.arraycopy(biases, first, lane.a, 0, n);
              for (int k = 0; k < taps.length; k++) {
                int from = t - (taps.length - 1) + k;
                if (from >= batch.spanStart(s)) {
                  Rows.read(x.data(), (long) from * x.cols + first, lane.b, n);
                  addProduct(taps[k], first, lane.b, 0, lane.a, n);
                }
              }
              Rows.write(lane.a, out.data(), (long) t * x.cols + first, n);
            }
          }
        });
  }

  /** {@code y += a ⊙ b}, a and b from their own places on. */
  private static void addProduct(float[] a, int aFrom, float[] b, int bFrom, float[] y, int n) {
    for (int i = 0; i < n; i++) {
      y[i] = Math.fma(a[aFrom + i], b[bFrom + i], y[i]);
    }
  }

  @Override
  public void backward(Machine m) {
    float[][] taps = taps();
    if (x.learns) {
      boolean add = x.fill();
      each(m, (first, n, lane) -> input(taps, first, n, lane, add));
    }
    if (weight != null) {
      float[][] sums = new float[taps.length][x.cols];
      each(m, (first, n, lane) -> weights(sums, first, n, lane));
      add(sums);
    }
    if (bias != null) {
      Rows.columnSums(m, out.gradient(), out.rows, out.cols, 0, out.cols, bias.summed());
    }
  }

  private void input(float[][] taps, int first, int n, Machine.Lane lane, boolean add) {
    for (int s = 0; s < batch.spans(); s++) {
      for (int t = batch.spanStart(s); t < batch.spanEnd(s); t++) {
        java.util.Arrays.fill(lane.a, 0, n, 0);
        for (int k = 0; k < taps.length; k++) {
          int to = t + (taps.length - 1) - k;
          if (to < batch.spanEnd(s)) {
            Rows.read(out.gradient(), (long) to * x.cols + first, lane.b, n);
            addProduct(taps[k], first, lane.b, 0, lane.a, n);
          }
        }
        Rows.put(lane, x.gradient(), (long) t * x.cols + first, n, add);
      }
    }
  }

  private void weights(float[][] sums, int first, int n, Machine.Lane lane) {
    float[] part = lane.array(0, CHANNELS);
    for (int k = 0; k < sums.length; k++) {
      java.util.Arrays.fill(part, 0, n, 0);
      for (int s = 0; s < batch.spans(); s++) {
        for (int t = batch.spanStart(s) + sums.length - 1 - k; t < batch.spanEnd(s); t++) {
          Rows.read(out.gradient(), (long) t * x.cols + first, lane.a, n);
          long from = (long) (t - (sums.length - 1) + k) * x.cols + first;
          Rows.read(x.data(), from, lane.b, n);
          addProduct(lane.a, 0, lane.b, 0, part, n);
        }
      }
      System.arraycopy(part, 0, sums[k], first, n);
    }
  }

  private void add(float[][] sums) {
    int kernel = sums.length;
    MemorySegment gradient = weight.summed();
    float[] all = new float[x.cols * kernel];
    Rows.read(gradient, 0, all, all.length);
    for (int c = 0; c < x.cols; c++) {
      for (int k = 0; k < kernel; k++) {
        all[c * kernel + k] += sums[k][c];
      }
    }
    Rows.write(all, gradient, 0, all.length);
  }
}
