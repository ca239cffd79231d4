// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Small matrices with their rows side by side, as the lanes of vectors take them; copied again
 * where training changed one. A matrix is asked for in one arrangement alone.
 */
final class ArrangedCopies {
  private final Arena arena;
  private final Map<Weight, Copy> copies = new IdentityHashMap<>();

  private static final class Copy {
    private final MemorySegment memory;
    private long version;

    private Copy(MemorySegment memory, long version) {
      this.memory = memory;
      this.version = version;
    }
  }

  ArrangedCopies(Arena arena) {
    this.arena = arena;
  }

  /**
   * The copy of a matrix {@code [rows, cols]}: runs of {@code run} rows, in a run {@code [cols,
   * run]}; a matrix of one column is taken as one of {@code cols} equal ones.
   *
   * @param run a divisor of the rows
   */
  MemorySegment of(Weight matrix, int run, int cols) {
    Copy copy = copies.get(matrix);
    if (copy == null) {
      copy = new Copy(arena.allocate(4L * matrix.rows() * cols, 64), matrix.version());
      copies.put(matrix, copy);
      fill(matrix, run, cols, copy.memory);
    } else if (copy.version != matrix.version()) {
      copy.version = matrix.version();
      fill(matrix, run, cols, copy.memory);
    }
    return copy.memory;
  }

  /** The copy of a vector, each value {@code times} times. */
  MemorySegment spread(Weight vector, int times) {
    Copy copy = copies.get(vector);
    if (copy == null) {
      copy = new Copy(arena.allocate(4L * vector.cols() * times, 64), vector.version());
      copies.put(vector, copy);
      spread(vector, times, copy.memory);
    } else if (copy.version != vector.version()) {
      copy.version = vector.version();
      spread(vector, times, copy.memory);
    }
    return copy.memory;
  }

  private static void spread(Weight vector, int times, MemorySegment to) {
    float[] values = new float[vector.cols()];
    vector.vector(values);
    for (int i = 0; i < values.length * times; i++) {
      to.setAtIndex(ValueLayout.JAVA_FLOAT, i, values[i / times]);
    }
  }

  private static void fill(Weight matrix, int run, int cols, MemorySegment to) {
    float[] row = new float[matrix.cols()];
    byte[] stored = new byte[Math.toIntExact(matrix.type().rowBytes(matrix.cols()))];
    for (int r = 0; r < matrix.rows(); r++) {
      matrix.row(r, stored, row);
      long at = (long) (r / run) * run * cols + r % run;
      for (int c = 0; c < cols; c++) {
        to.setAtIndex(ValueLayout.JAVA_FLOAT, at + (long) c * run, row[row.length == 1 ? 0 : c]);
      }
    }
  }
}
