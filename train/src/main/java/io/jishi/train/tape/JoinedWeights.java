// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Small weights that read the same x, copied below one another into scratch memory: one product
 * rounds and packs x once, where products of their own do so once each. Sums have the same order.
 */
final class JoinedWeights {
  /** Copies of larger ones would take longer than is saved. */
  private static final long MOST_BYTES = 4 << 20;

  /** Fewer tokens would not pay for the copies. */
  private static final int LEAST_TOKENS = 512;

  private final List<Trainable> parts;
  private final int rows;
  private final int cols;

  private JoinedWeights(List<Trainable> parts, int rows, int cols) {
    this.parts = parts;
    this.rows = rows;
    this.cols = cols;
  }

  /** Several weights that all learn, or null where products of their own are as good. */
  static JoinedWeights of(int tokens, List<LinearStep.Part> parts) {
    int rows = parts.stream().mapToInt(p -> p.weight().rows()).sum();
    int cols = parts.getFirst().weight().cols();
    boolean small = parts.size() > 1 && 4L * rows * cols <= MOST_BYTES && tokens >= LEAST_TOKENS;
    if (!small
        || !parts.stream()
            .allMatch(p -> p.trained() != null && WeightProducts.direct(p.weight()))) {
      return null;
    }
    return new JoinedWeights(parts.stream().map(LinearStep.Part::trained).toList(), rows, cols);
  }

  /** Scratch memory that it takes from the start. */
  long bytes() {
    return 4L * rows * cols;
  }

  /** {@code y[t, o] = d[t, o] + Σ_i x[t, i] · w[o, i]}; d is null for 0. */
  void forward(Machine m, int tokens, MemorySegment x, MemorySegment d, MemorySegment y) {
    m.products().multiply(tokens, rows, cols, x, cols, 1, values(m), 1, cols, d, rows, y, rows);
  }

  /** {@code dx[t, i] (+)= Σ_o dy[t, o] · w[o, i]}. */
  void input(Machine m, int tokens, MemorySegment dy, MemorySegment dx, boolean add) {
    m.products().multiply(tokens, cols, rows, dy, rows, 1, values(m), cols, 1, dx, cols, add);
  }

  /** {@code dw[o, i] (+)= Σ_t dy[t, o] · x[t, i]}. */
  void weights(Machine m, int tokens, MemorySegment dy, MemorySegment x) {
    MemorySegment sums = m.scratch(0, bytes());
    m.products().multiply(rows, cols, tokens, dy, 1, rows, x, cols, 1, sums, cols, false);
    pass(m, sums);
  }

  /** Copies the gradient of all to those of its parts, or adds it where there is some already. */
  private void pass(Machine m, MemorySegment sums) {
    boolean[] add = new boolean[parts.size()];
    for (int i = 0; i < add.length; i++) {
      add[i] = parts.get(i).fill();
    }
    each(
        m,
        (i, row, at, count, lane) -> {
          MemorySegment to = parts.get(i).gradient();
          if (!add[i]) {
            copy(sums, at, to, row, count);
            return;
          }
          lane.room(cols, 0);
          for (int r = 0; r < count; r++) {
            Rows.read(sums, (long) (at + r) * cols, lane.a, cols);
            Rows.put(lane, to, (long) (row + r) * cols, cols, true);
          }
        });
  }

  private MemorySegment values(Machine m) {
    MemorySegment all = m.scratch(0, bytes());
    each(m, (i, row, at, count, _) -> copy(parts.get(i).data(), row, all, at, count));
    return all;
  }

  /**
   * Work on {@code count} rows of a part from {@code row} on, which are those from {@code at} on.
   */
  @FunctionalInterface
  private interface Work {
    void run(int part, int row, int at, int count, Machine.Lane lane);
  }

  private void each(Machine m, Work work) {
    Rows.each(
        m,
        rows,
        (from, to, lane) -> {
          int first = 0;
          for (int i = 0; i < parts.size(); i++) {
            int end = first + parts.get(i).rows();
            int begin = Math.max(from, first);
            int count = Math.min(to, end) - begin;
            if (count > 0) {
              work.run(i, begin - first, begin, count, lane);
            }
            first = end;
          }
        });
  }

  /** Copies {@code count} rows from row {@code row} on to row {@code toRow} and after. */
  private void copy(MemorySegment from, int row, MemorySegment to, int toRow, int count) {
    MemorySegment.copy(from, 4L * row * cols, to, 4L * toRow * cols, 4L * count * cols);
  }
}
