// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.tensor.AdamWStep;
import io.jishi.tensor.Rope;
import io.jishi.tensor.RotaryTable;
import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Level;
import io.jishi.tensor.cpu.asm.StepKernels;
import io.jishi.tensor.cpu.scalar.ScalarRowSteps;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Emitted steps give the bits of the scalar ones wherever a row is a multiple of 16. */
class RowStepsTest {
  private final Random random = new Random(3);

  static Stream<Level> levels() {
    return Cpu.levels().stream().filter(level -> level != Level.SCALAR);
  }

  private void same(Level level, int floats, BiFunction<RowSteps, MemorySegment[], float[]> run) {
    try (Arena arena = Arena.ofShared();
        RowSteps fast = new AsmRowSteps(new StepKernels(level));
        RowSteps plain = new ScalarRowSteps()) {
      MemorySegment[] a = new MemorySegment[4];
      MemorySegment[] b = new MemorySegment[4];
      for (int i = 0; i < 4; i++) {
        a[i] = arena.allocate(4L * floats + 12).asSlice(4L * i % 12, 4L * floats);
        for (int j = 0; j < floats; j++) {
          a[i].setAtIndex(Floats.LAYOUT, j, (float) random.nextGaussian() * (j % 5));
        }
        b[i] = arena.allocate(4L * floats).copyFrom(a[i]);
      }
      assertThat(run.apply(fast, a)).as("%s", level).isEqualTo(run.apply(plain, b));
      for (int i = 0; i < 4; i++) {
        assertThat(a[i].toArray(Floats.LAYOUT)).isEqualTo(b[i].toArray(Floats.LAYOUT));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void reductionsAndUpdatesEqualThePlainOnes(Level level) {
    AdamWStep step = AdamWStep.of(2, 0.1, 0.9, 0.95, 1e-5, 0.1, 2);
    for (int n : new int[] {16, 32, 48, 1024, 2000}) {
      same(
          level,
          n,
          (steps, x) -> {
            float max = steps.max(x[0], 0, n);
            float sum = steps.exponentials(x[0], 0, n, max);
            steps.scale(x[1], 0, n, 0.3f);
            steps.add(x[1], 0, x[2], 0, n);
            steps.adamW(step, x[1], x[2], x[3], x[0], 0, n);
            return new float[] {max, sum, steps.squares(x[2], 0, n)};
          });
    }
    for (int n = 1; n < 40; n++) { // tails: element by element the same, sums in another order
      int count = n;
      same(
          level,
          count,
          (steps, x) -> {
            float max = steps.max(x[0], 0, count);
            steps.exponentials(x[0], 0, count, max);
            steps.scale(x[1], 0, count, 0.3f);
            steps.add(x[1], 0, x[2], 0, count);
            steps.adamW(step, x[1], x[2], x[3], x[0], 0, count);
            return new float[] {max};
          });
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void dotsAndGatesEqualThePlainOnes(Level level) {
    for (int i = 0; i < 30; i++) {
      int rows = 1 + random.nextInt(9);
      int cols = 16 * (1 + random.nextInt(i == 0 ? 32 : 8));
      same(
          level,
          2 * rows * cols,
          (steps, x) -> {
            float[] out = new float[rows];
            steps.rowDots(x[0], cols, x[1], cols, rows, cols, out);
            steps.siluGateBackward(x[2], x[0], x[3], 0, rows, cols);
            return out;
          });
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void turnedPairsEqualThePlainOnes(Level level) {
    for (Rope.Style style : Rope.Style.values()) {
      for (int dims : new int[] {4, 16, 20, 32, 64, 96, 128}) {
        int rows = 1 + random.nextInt(9);
        int stride = dims + random.nextInt(40);
        int first = random.nextInt(3);
        boolean back = random.nextBoolean();
        RotaryTable table = table(style, dims, first + rows);
        same(
            level,
            (rows - 1) * stride + dims,
            (steps, x) -> {
              steps.turn(x[0], stride, first, rows, table, back);
              return new float[0];
            });
      }
    }
  }

  private RotaryTable table(Rope.Style style, int dims, int positions) {
    float[] frequencies = new float[dims / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = random.nextFloat();
    }
    return RotaryTable.of(new Rope(style, dims, frequencies, 1.1f), positions);
  }
}
