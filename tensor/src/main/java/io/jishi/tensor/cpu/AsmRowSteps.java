// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.AdamWStep;
import io.jishi.tensor.RotaryTable;
import io.jishi.tensor.cpu.asm.StepCall;
import io.jishi.tensor.cpu.asm.StepKernels;
import io.jishi.tensor.cpu.scalar.ScalarRowSteps;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Training's loops over rows by emitted kernels. Tails of fewer than 16 floats go through a padded
 * unit; gradients of rows that are no multiple of 16 go to plain Java. For one thread.
 */
final class AsmRowSteps implements RowSteps {
  private static final int UNIT = StepCall.UNIT;

  private final Arena arena = Arena.ofShared();
  private final StepCall call;
  private final ScalarRowSteps scalar = new ScalarRowSteps();
  private final MemorySegment[] tails = new MemorySegment[4];

  AsmRowSteps(StepKernels kernels) {
    call = new StepCall(kernels, arena);
    Arrays.setAll(tails, i -> arena.allocate(4L * UNIT, 64));
  }

  /** A tail behind which stands {@code padding}. */
  private MemorySegment tail(int i, MemorySegment x, long at, int n, float padding) {
    for (int j = 0; j < UNIT; j++) {
      tails[i].setAtIndex(Floats.LAYOUT, j, padding);
    }
    MemorySegment.copy(x, 4 * at, tails[i], 0, 4L * n);
    return tails[i];
  }

  private void back(int i, MemorySegment x, long at, int n) {
    MemorySegment.copy(tails[i], 0, x, 4 * at, 4L * n);
  }

  @Override
  public float max(MemorySegment x, long at, int n) {
    int whole = n / UNIT * UNIT;
    float max = whole > 0 ? call.max(x, at, whole) : Float.NEGATIVE_INFINITY;
    if (whole < n) {
      MemorySegment rest = tail(0, x, at + whole, n - whole, Float.NEGATIVE_INFINITY);
      max = Math.max(max, call.max(rest, 0, UNIT));
    }
    return max;
  }

  @Override
  public float exponentials(MemorySegment x, long at, int n, float max) {
    int whole = n / UNIT * UNIT;
    float sum = whole > 0 ? call.exponentials(x, at, whole, max) : 0;
    if (whole < n) {
      MemorySegment rest = tail(0, x, at + whole, n - whole, Float.NEGATIVE_INFINITY);
      sum += call.exponentials(rest, 0, UNIT, max);
      back(0, x, at + whole, n - whole);
    }
    return sum;
  }

  @Override
  public void scale(MemorySegment x, long at, int n, float factor) {
    int whole = n / UNIT * UNIT;
    if (whole > 0) {
      call.scale(x, at, whole, factor);
    }
    if (whole < n) {
      call.scale(tail(0, x, at + whole, n - whole, 0), 0, UNIT, factor);
      back(0, x, at + whole, n - whole);
    }
  }

  @Override
  public void add(MemorySegment x, long at, MemorySegment y, long yAt, int n) {
    int whole = n / UNIT * UNIT;
    if (whole > 0) {
      call.add(x, at, y, yAt, whole);
    }
    if (whole < n) {
      tail(0, x, at + whole, n - whole, 0);
      call.add(tails[0], 0, tail(1, y, yAt + whole, n - whole, 0), 0, UNIT);
      back(1, y, yAt + whole, n - whole);
    }
  }

  @Override
  public float squares(MemorySegment x, long at, int n) {
    int whole = n / UNIT * UNIT;
    float sum = whole > 0 ? call.dot(x, at, x, at, whole) : 0;
    if (whole < n) {
      MemorySegment rest = tail(0, x, at + whole, n - whole, 0);
      sum += call.dot(rest, 0, rest, 0, UNIT);
    }
    return sum;
  }

  @Override
  public void adamW(
      AdamWStep step,
      MemorySegment weights,
      MemorySegment gradients,
      MemorySegment means,
      MemorySegment squares,
      long at,
      int n) {
    float[] numbers = {
      step.gradientScale(),
      step.beta1(),
      1 - step.beta1(),
      step.beta2(),
      1 - step.beta2(),
      step.decay(),
      step.stepSize(),
      step.correction(),
      step.eps()
    };
    int whole = n / UNIT * UNIT;
    if (whole > 0) {
      call.adamW(numbers, weights, gradients, means, squares, at, whole);
    }
    if (whole < n) {
      MemorySegment[] all = {weights, gradients, means, squares};
      for (int i = 0; i < 4; i++) {
        tail(i, all[i], at + whole, n - whole, 1); // no division by zero
      }
      call.adamW(numbers, tails[0], tails[1], tails[2], tails[3], 0, UNIT);
      for (int i = 0; i < 4; i++) {
        if (i != 1) {
          back(i, all[i], at + whole, n - whole);
        }
      }
    }
  }

  @Override
  public void rmsNormBackward(
      MemorySegment x,
      MemorySegment gain,
      float eps,
      MemorySegment dy,
      MemorySegment dx,
      boolean add,
      long at,
      MemorySegment dGain,
      long gainAt,
      int rows,
      int n) {
    if (n % UNIT != 0) {
      scalar.rmsNormBackward(x, gain, eps, dy, dx, add, at, dGain, gainAt, rows, n);
    } else {
      call.rmsNorm(x, gain, eps, dy, dx, add, at, dGain, gainAt, rows, n);
    }
  }

  @Override
  public void siluGateBackward(
      MemorySegment x, MemorySegment dy, MemorySegment dx, long first, int rows, int n) {
    if (n % UNIT != 0) {
      scalar.siluGateBackward(x, dy, dx, first, rows, n);
    } else {
      call.siluGate(x, dy, dx, first, rows, n);
    }
  }

  @Override
  public void rowDots(
      MemorySegment a, long aStride, MemorySegment b, long bStride, int rows, int n, float[] out) {
    call.dots(a, aStride, b, bStride, rows, n, out);
  }

  @Override
  public void turn(
      MemorySegment x, long stride, int first, int rows, RotaryTable table, boolean back) {
    if (table.width() % UNIT != 0) {
      scalar.turn(x, stride, first, rows, table, back);
    } else {
      call.turn(x, stride, first, rows, table, back);
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
