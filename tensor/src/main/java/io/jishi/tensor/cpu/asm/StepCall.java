// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.StepArguments.P0;
import static io.jishi.tensor.cpu.asm.StepArguments.P1;
import static io.jishi.tensor.cpu.asm.StepArguments.P2;
import static io.jishi.tensor.cpu.asm.StepArguments.P3;
import static io.jishi.tensor.cpu.asm.StepArguments.P4;

import io.jishi.tensor.Rope;
import io.jishi.tensor.RotaryTable;
import io.jishi.tensor.TileProducts;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The border of every call of {@link StepKernels}: rows of a multiple of {@link #UNIT} floats,
 * places in floats. One for each thread.
 */
public final class StepCall extends RowBorder {
  /** Floats that a kernel takes at a time. */
  public static final int UNIT = TileProducts.UNIT;

  private final StepKernels kernels;
  private final MemorySegment result;

  /** A caller whose memory lives as long as {@code arena}. */
  public StepCall(StepKernels kernels, Arena arena) {
    super(arena);
    this.kernels = kernels;
    result = arena.allocate(64, 64);
  }

  /** The largest of n floats. */
  public float max(MemorySegment x, long at, int n) {
    count(n, 1);
    set(P0, x, at, n);
    return result(kernels.max);
  }

  /** {@code x = e^(x − max)}; returns their sum. No difference may be above 0. */
  public float exponentials(MemorySegment x, long at, int n, float max) {
    count(n, 1);
    set(P0, x, at, n);
    number(0, max);
    return result(kernels.exponentials);
  }

  private float result(Kernel kernel) {
    set(P1, result, 0, 1);
    arguments.call(kernel);
    return result.get(ValueLayout.JAVA_FLOAT, 0);
  }

  /** {@code x = x · factor}. */
  public void scale(MemorySegment x, long at, int n, float factor) {
    count(n, 1);
    set(P0, x, at, n);
    number(0, factor);
    arguments.call(kernels.scale);
  }

  /** {@code y += x}. */
  public void add(MemorySegment x, long at, MemorySegment y, long yAt, int n) {
    count(n, 1);
    set(P0, x, at, n);
    set(P1, y, yAt, n);
    arguments.call(kernels.add);
  }

  /** {@code Σ a · b} of one row. */
  public float dot(MemorySegment a, long at, MemorySegment b, long bAt, int n) {
    count(n, 1);
    set(P0, a, at, n);
    set(P1, b, bAt, n);
    set(P2, result, 0, 1);
    arguments.call(kernels.dots);
    return result.get(ValueLayout.JAVA_FLOAT, 0);
  }

  /** {@code out[r] = Σ a · b} of rows from the start of both, strides in floats. */
  public void dots(
      MemorySegment a, long aStride, MemorySegment b, long bStride, int count, int n, float[] out) {
    count(n, count);
    set(P0, a, 0, CallArguments.extent(count, aStride, n));
    set(P1, b, 0, CallArguments.extent(count, bStride, n));
    arguments.set(StepArguments.STEP0, 4 * aStride);
    arguments.set(StepArguments.STEP1, 4 * bStride);
    room(count, 4);
    set(P2, rows, 0, count);
    arguments.call(kernels.dots);
    read(0, out, count);
  }

  /**
   * One step of AdamW.
   *
   * @param numbers as {@link StepUpdates#adamW} takes them
   */
  public void adamW(
      float[] numbers,
      MemorySegment weights,
      MemorySegment gradients,
      MemorySegment means,
      MemorySegment squares,
      long at,
      int n) {
    if (numbers.length != StepUpdates.ADAM_NUMBERS) {
      throw new IndexOutOfBoundsException(numbers.length + " numbers");
    }
    for (int i = 0; i < numbers.length; i++) {
      number(i, numbers[i]);
    }
    count(n, 1);
    set(P0, weights, at, n);
    set(P1, gradients, at, n);
    set(P2, means, at, n);
    set(P3, squares, at, n);
    arguments.call(kernels.adamW);
  }

  /**
   * Rows {@code first …} of the gate's gradient; x and dx {@code [rows, 2n]}, dy {@code [rows, n]}.
   */
  public void siluGate(
      MemorySegment x, MemorySegment dy, MemorySegment dx, long first, int count, int n) {
    count(n, count);
    set(P0, x, 2 * first * n, 2L * count * n);
    set(P1, dy, first * n, (long) count * n);
    set(P2, dx, 2 * first * n, 2L * count * n);
    arguments.set(StepArguments.STEP0, 8L * n);
    arguments.set(StepArguments.STEP1, 4L * n);
    arguments.call(kernels.siluGate);
  }

  /** Rows of the norm's gradient, from {@code at} on in x, dy and dx. */
  public void rmsNorm(
      MemorySegment x,
      MemorySegment gain,
      float eps,
      MemorySegment dy,
      MemorySegment dx,
      boolean add,
      long at,
      MemorySegment dGain,
      long gainAt,
      int count,
      int n) {
    count(n, count);
    long floats = (long) count * n;
    set(P0, x, at, floats);
    set(P1, dy, at, floats);
    set(P2, dx, at, floats);
    set(P3, gain, 0, n);
    set(P4, dGain, gainAt, n);
    number(0, eps);
    number(1, n);
    arguments.call(add ? kernels.rmsNormAdding : kernels.rmsNorm);
  }

  /** {@code TrainingRows.turn} of a table whose rows are whole units. */
  public void turn(
      MemorySegment x, long stride, int first, int rows, RotaryTable table, boolean back) {
    int width = table.width();
    boolean pairs = table.rope().style() == Rope.Style.PAIRS;
    count(width, rows);
    long floats = CallArguments.extent(rows, stride, width);
    set(P0, x, 0, floats);
    set(P3, x, pairs ? 0 : width, floats);
    set(P1, table.cos(), (long) first * width, (long) rows * width);
    set(P2, table.sin(), (long) first * width, (long) rows * width);
    arguments.set(StepArguments.STEP0, 4 * stride);
    number(0, back ? -1 : 1);
    arguments.call(pairs ? kernels.turnPairs : kernels.turnHalves);
  }

  private void number(int index, float value) {
    arguments.set(StepArguments.NUMBERS + index, value);
  }
}
