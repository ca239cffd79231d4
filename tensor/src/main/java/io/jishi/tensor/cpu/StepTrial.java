// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.AdamWStep;
import io.jishi.tensor.Rope;
import io.jishi.tensor.RotaryTable;
import io.jishi.tensor.cpu.asm.StepKernels;
import io.jishi.tensor.cpu.scalar.ScalarRowSteps;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/** Tries the kernels on rows before their first use: each once, against plain Java. */
final class StepTrial {
  private static final float ERROR = 1e-5f;
  private static final int ROWS = 3;
  private static final int COLS = 32;

  private StepTrial() {}

  static boolean passes(StepKernels kernels) {
    try (Arena arena = Arena.ofShared();
        RowSteps fast = new AsmRowSteps(kernels);
        RowSteps plain = new ScalarRowSteps()) {
      return TrainingKernels.close(run(plain, arena), run(fast, arena), ERROR, ERROR);
    }
  }

  private static float[] frequencies(Random random) {
    float[] all = new float[COLS / 2];
    for (int i = 0; i < all.length; i++) {
      all[i] = random.nextFloat();
    }
    return all;
  }

  /** Everything that a set of steps makes of the same numbers. */
  private static MemorySegment run(RowSteps steps, Arena arena) {
    int n = ROWS * COLS;
    Random random = new Random(n);
    MemorySegment[] x = new MemorySegment[4];
    for (int i = 0; i < x.length; i++) {
      x[i] = TrainingKernels.floats(arena, n, random);
    }
    steps.siluGateBackward(x[0], x[1], x[0], 0, ROWS, COLS / 2);
    steps.rmsNormBackward(x[0], x[1], 1e-5f, x[2], x[3], true, 0, x[1], COLS, ROWS, COLS);
    steps.rmsNormBackward(x[0], x[1], 1e-5f, x[2], x[2], false, 0, x[1], COLS, ROWS, COLS);
    steps.exponentials(x[3], 0, n, steps.max(x[3], 0, n)); // squares are not negative
    for (Rope.Style style : Rope.Style.values()) {
      Rope rope = new Rope(style, COLS, frequencies(random));
      RotaryTable table = RotaryTable.of(rope, ROWS + 1);
      steps.turn(x[2], COLS, 1, ROWS, table, style == Rope.Style.PAIRS);
    }
    steps.add(x[2], 0, x[0], 0, n);
    steps.scale(x[0], 0, n, 0.7f);
    float[] dots = new float[ROWS];
    steps.rowDots(x[0], COLS, x[1], COLS, ROWS, COLS, dots);
    float largest = steps.max(x[0], 0, n);
    float sum = steps.exponentials(x[0], 0, n, largest);
    float squares = steps.squares(x[1], 0, n);
    steps.adamW(AdamWStep.of(2, 0.1, 0.9, 0.95, 1e-3, 0.1, 0.5), x[0], x[1], x[2], x[3], 0, n);
    MemorySegment all = arena.allocate(4L * (4 * n + ROWS + 3));
    for (int i = 0; i < x.length; i++) {
      MemorySegment.copy(x[i], 0, all, 4L * i * n, 4L * n);
    }
    float[][] small = {dots, {largest, sum, squares}};
    long at = 4L * n;
    for (float[] each : small) {
      for (float value : each) {
        all.setAtIndex(Floats.LAYOUT, at++, value);
      }
    }
    return all;
  }
}
