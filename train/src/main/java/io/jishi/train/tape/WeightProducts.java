// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.DType;
import io.jishi.tensor.Weight;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The three products of a weight {@code [out, in]} in training. Stored floats are read where they
 * lie; frozen weights of other types are decoded some rows at a time into scratch memory.
 */
public final class WeightProducts {
  private static final long PANEL_FLOATS = 1 << 20;

  private WeightProducts() {}

  /** Whether a weight is read where it lies. */
  static boolean direct(Weight w) {
    return w.type() == DType.F32 && w.layout() == Weight.Layout.STORED;
  }

  private static int panelRows(Weight w) {
    return (int) Math.max(1, Math.min(w.rows(), PANEL_FLOATS / w.cols()));
  }

  /** Bytes of scratch memory that products with this weight take from its start. */
  public static long scratchBytes(Weight w) {
    return direct(w) ? 0 : 4L * panelRows(w) * w.cols();
  }

  /** {@code y[t, o] (+)= Σ_i x[t, i] · w[o, i]}; y is {@code [rows, out]} with a stride. */
  public static void forward(
      Machine m, int rows, MemorySegment x, Weight w, MemorySegment y, long stride, boolean add) {
    forward(m, rows, x, w.cols(), w, add ? y : null, y, stride);
  }

  /**
   * The same of an x with a stride.
   *
   * @param d what the products are added to, with the stride of y; null for 0
   */
  static void forward(
      Machine m,
      int rows,
      MemorySegment x,
      long xStride,
      Weight w,
      MemorySegment d,
      MemorySegment y,
      long stride) {
    int in = w.cols();
    if (direct(w)) {
      m.products()
          .multiply(rows, w.rows(), in, x, xStride, 1, w.data(), 1, in, d, stride, y, stride);
      return;
    }
    int step = panelRows(w);
    for (int o = 0; o < w.rows(); o += step) {
      int n = Math.min(step, w.rows() - o);
      MemorySegment panel = decode(m, w, o, n);
      MemorySegment part = d == null ? null : from(d, o);
      m.products()
          .multiply(rows, n, in, x, xStride, 1, panel, 1, in, part, stride, from(y, o), stride);
    }
  }

  /** {@code dx[t, i] (+)= Σ_o dy[t, o] · w[o, i]}; dy is {@code [rows, out]} with a stride. */
  public static void input(
      Machine m, int rows, MemorySegment dy, long stride, Weight w, MemorySegment dx, boolean add) {
    input(m, rows, dy, stride, w, dx, w.cols(), add);
  }

  /** The same of a dx with a stride. */
  static void input(
      Machine m,
      int rows,
      MemorySegment dy,
      long stride,
      Weight w,
      MemorySegment dx,
      long xStride,
      boolean add) {
    int in = w.cols();
    if (direct(w)) {
      m.products().multiply(rows, in, w.rows(), dy, stride, 1, w.data(), in, 1, dx, xStride, add);
      return;
    }
    int step = panelRows(w);
    for (int o = 0; o < w.rows(); o += step) {
      int n = Math.min(step, w.rows() - o);
      MemorySegment panel = decode(m, w, o, n);
      m.products()
          .multiply(rows, in, n, from(dy, o), stride, 1, panel, in, 1, dx, xStride, add || o > 0);
    }
  }

  /** {@code dw[o, i] (+)= Σ_t dy[t, o] · x[t, i]}. */
  public static void weight(
      Machine m, int rows, MemorySegment dy, long stride, MemorySegment x, Trainable w) {
    weight(m, rows, dy, stride, x, w.cols(), w);
  }

  /** The same of an x with a stride. */
  static void weight(
      Machine m,
      int rows,
      MemorySegment dy,
      long stride,
      MemorySegment x,
      long xStride,
      Trainable w) {
    int in = w.cols();
    m.products()
        .multiply(w.rows(), in, rows, dy, 1, stride, x, xStride, 1, w.gradient(), in, w.fill());
  }

  private static MemorySegment decode(Machine m, Weight w, int first, int count) {
    MemorySegment panel = m.scratch(0, 4L * count * w.cols());
    int stored = Math.toIntExact(w.type().rowBytes(w.cols()));
    m.rows()
        .parallel(
            count,
            (r, worker) -> {
              Machine.Lane lane = m.lane(worker);
              lane.room(w.cols(), stored);
              w.row(first + r, lane.bytes, lane.a);
              MemorySegment.copy(
                  lane.a, 0, panel, ValueLayout.JAVA_FLOAT, 4L * r * w.cols(), w.cols());
            });
    return panel;
  }

  /** The segment from float {@code at} on. */
  public static MemorySegment from(MemorySegment x, long at) {
    return x.asSlice(4 * at);
  }
}
