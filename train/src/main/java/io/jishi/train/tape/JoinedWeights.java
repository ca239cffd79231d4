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
    long from = 0;
    for (Trainable part : parts) {
      MemorySegment own = WeightProducts.from(sums, from);
      if (part.fill()) {
        Rows.addScaled(m, own, part.gradient(), part.rows(), cols, 1, true);
      } else {
        Rows.each(
            m,
            part.rows(),
            (first, end, _) -> copy(own, first, part.gradient(), first, end - first));
      }
      from += part.count();
    }
  }

  private MemorySegment values(Machine m) {
    MemorySegment all = m.scratch(0, bytes());
    Rows.each(
        m,
        rows,
        (from, to, _) -> {
          int first = 0;
          for (Trainable part : parts) {
            int begin = Math.max(from, first);
            int end = Math.min(to, first + part.rows());
            if (begin < end) {
              copy(part.data(), begin - first, all, begin, end - begin);
            }
            first += part.rows();
          }
        });
    return all;
  }

  /** Copies {@code count} rows from row {@code row} on to row {@code toRow} and after. */
  private void copy(MemorySegment from, int row, MemorySegment to, int toRow, int count) {
    MemorySegment.copy(from, 4L * row * cols, to, 4L * toRow * cols, 4L * count * cols);
  }
}
