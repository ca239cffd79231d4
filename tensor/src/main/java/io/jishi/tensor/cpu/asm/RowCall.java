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

  private static final int UNIT_BYTES = 4 * UNIT;

  private final MemorySegment arguments;

  /** A unit of a, of b and of the result, for what does not fill one. */
  private final MemorySegment tails;

  /** A caller whose arguments live as long as {@code arena}. */
  public RowCall(Arena arena) {
    arguments = arena.allocate(8L * NormKernels.ARGUMENTS, 64);
    tails = arena.allocate(3 * UNIT_BYTES, 64);
  }

  /**
   * {@code out = f(a, b, n)} over any number of floats, value by value.
   *
   * @param b null where the formula has none
   * @param offset in bytes, of all three
   */
  public void flat(
      Kernel kernel,
      MemorySegment a,
      MemorySegment b,
      float number,
      MemorySegment out,
      long offset,
      long floats) {
    flat(kernel, a, offset, b, offset, number, out, offset, floats);
  }

  /** {@code out = f(a, b)} over any number of floats, each from a place of its own. */
  public void flat(
      Kernel kernel,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment out,
      long outAt,
      long floats) {
    flat(kernel, a, aAt, b, bAt, 0, out, outAt, floats);
  }

  /** {@code y = fma(factor, x, y)} over any number of floats. */
  public void addScaled(
      Kernel kernel, MemorySegment y, long yAt, MemorySegment x, long xAt, float factor, long n) {
    flat(kernel, y, yAt, x, xAt, factor, y, yAt, n);
  }

  private void flat(
      Kernel kernel,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      float number,
      MemorySegment out,
      long outAt,
      long floats) {
    put(RowKernels.NUMBERS, number, 0);
    long whole = floats / UNIT * UNIT;
    long bytes = 4 * whole;
    if (whole > 0) {
      set(RowKernels.A, a, aAt, bytes);
      if (b != null) {
        set(RowKernels.B, b, bAt, bytes);
      }
      set(RowKernels.OUT, out, outAt, bytes);
      count(whole, 1);
      kernel.call(arguments);
    }
    if (whole < floats) {
      long left = 4 * (floats - whole);
      MemorySegment.copy(a, aAt + bytes, tails, 0, left);
      if (b != null) {
        MemorySegment.copy(b, bAt + bytes, tails, UNIT_BYTES, left);
        set(RowKernels.B, tails, UNIT_BYTES, UNIT_BYTES);
      }
      set(RowKernels.A, tails, 0, UNIT_BYTES);
      set(RowKernels.OUT, tails, 2 * UNIT_BYTES, UNIT_BYTES);
      count(UNIT, 1);
      kernel.call(arguments);
      MemorySegment.copy(tails, 2 * UNIT_BYTES, out, outAt + bytes, left);
    }
  }

  /**
   * A norm of rows of {@code n} floats that lie {@code step} bytes apart, from {@code offset} on.
   *
   * @param gain from {@code gainAt} on
   * @param bias the same, or null
   */
  public void norm(
      Kernel kernel,
      MemorySegment x,
      MemorySegment gain,
      MemorySegment bias,
      long gainAt,
      float eps,
      MemorySegment out,
      int n,
      long offset,
      long step,
      int rows) {
    set(RowKernels.B, gain, gainAt, 4L * n);
    if (bias != null) {
      set(NormKernels.BIAS, bias, gainAt, 4L * n);
    }
    rows(kernel, x, out, n, offset, step, offset, step, rows, eps, n);
  }

  /** Rows divided by their lengths, times {@code scale}. */
  public void unit(
      Kernel kernel,
      MemorySegment x,
      long from,
      long step,
      MemorySegment out,
      long to,
      long outStep,
      int n,
      int rows,
      float eps,
      float scale) {
    rows(kernel, x, out, n, from, step, to, outStep, rows, eps, scale);
  }

  private void rows(
      Kernel kernel,
      MemorySegment x,
      MemorySegment out,
      int n,
      long from,
      long step,
      long to,
      long outStep,
      int rows,
      float eps,
      float number) {
    long last = 4L * n;
    set(RowKernels.A, x, from, CallArguments.extent(rows, step, last));
    set(RowKernels.OUT, out, to, CallArguments.extent(rows, outStep, last));
    put(RowKernels.A_STEP, step);
    put(NormKernels.OUT_STEP, outStep);
    put(RowKernels.NUMBERS, eps, 0);
    put(RowKernels.NUMBERS, number, 4);
    count(n, rows);
    kernel.call(arguments);
  }

  private void put(int index, float value, int at) {
    arguments.set(ValueLayout.JAVA_FLOAT, 8L * index + at, value);
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
