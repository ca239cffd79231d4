// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/** The border of every call of a {@link RowKernels kernel on rows}. One for each thread. */
public final class RowCall {
  /** Floats that a kernel takes at a time: rows have to be a multiple. */
  public static final int UNIT = 16;

  private final MemorySegment arguments;

  /** A caller whose arguments live as long as {@code arena}. */
  public RowCall(Arena arena) {
    arguments = arena.allocate(8L * RowKernels.ARGUMENTS, 64);
  }

  /** {@code out = a + b} over {@code floats} floats from {@code offset} on. */
  public void add(
      Kernel kernel,
      MemorySegment a,
      MemorySegment b,
      MemorySegment out,
      long offset,
      long floats) {
    set(RowKernels.A, a, offset, 4 * floats);
    set(RowKernels.B, b, offset, 4 * floats);
    set(RowKernels.OUT, out, offset, 4 * floats);
    count(floats, 1);
    kernel.call(arguments);
  }

  /**
   * {@code out[r] = act(x[r, 0 … n)) · x[r, n … 2n)}.
   *
   * @param first row of both
   */
  public void gate(Kernel kernel, MemorySegment x, MemorySegment out, int n, long first, int rows) {
    long row = 8L * n;
    set(RowKernels.A, x, first * row, (rows - 1) * row + row);
    set(RowKernels.B, x, first * row + 4L * n, (rows - 1) * row + 4L * n);
    set(RowKernels.OUT, out, first * 4 * n, 4L * n * rows);
    put(RowKernels.A_STEP, row);
    count(n, rows);
    kernel.call(arguments);
  }

  /** RMSNorm of rows of {@code n} floats. */
  public void rmsNorm(
      Kernel kernel,
      MemorySegment x,
      MemorySegment gain,
      float eps,
      MemorySegment out,
      int n,
      long first,
      int rows) {
    long row = 4L * n;
    set(RowKernels.A, x, first * row, row * rows);
    set(RowKernels.B, gain, 0, row);
    set(RowKernels.OUT, out, first * row, row * rows);
    put(RowKernels.A_STEP, row);
    count(n, rows);
    arguments.set(ValueLayout.JAVA_FLOAT, 8L * RowKernels.NUMBERS, eps);
    arguments.set(ValueLayout.JAVA_FLOAT, 8L * RowKernels.NUMBERS + 4, n);
    kernel.call(arguments);
  }

  private void count(long floats, int rows) {
    if (floats <= 0 || floats % UNIT != 0 || rows <= 0) {
      throw new IndexOutOfBoundsException(rows + " rows of " + floats + " floats");
    }
    put(RowKernels.COUNT, floats / UNIT);
    put(RowKernels.ROWS, rows);
  }

  private void set(int index, MemorySegment memory, long offset, long bytes) {
    Objects.checkFromIndexSize(offset, bytes, memory.byteSize());
    put(index, memory.address() + offset);
  }

  private void put(int index, long value) {
    arguments.set(ValueLayout.JAVA_LONG, 8L * index, value);
  }
}
