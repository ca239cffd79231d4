// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import static io.jishi.tensor.cpu.TrainingRowsTest.backend;
import static io.jishi.tensor.cpu.TrainingRowsTest.close;
import static io.jishi.tensor.cpu.TrainingRowsTest.copy;
import static io.jishi.tensor.cpu.TrainingRowsTest.floats;
import static io.jishi.tensor.cpu.TrainingRowsTest.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.tensor.Rope;
import io.jishi.tensor.RotaryTable;
import io.jishi.tensor.TrainingRows;
import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rotary pairs of rows on every level against angles in double precision. */
class RotaryRowsTest {
  static Set<Level> levels() {
    return Cpu.levels();
  }

  @ParameterizedTest
  @MethodSource("levels")
  void pairsAreTurnedByTheirAnglesAndBack(Level level) {
    int rows = 5;
    int dims = 32;
    int stride = 50;
    int first = 3;
    float[] frequencies = new float[dims / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) Math.pow(100, -i / 16.0);
    }
    for (Rope.Style style : Rope.Style.values()) {
      RotaryTable table = RotaryTable.of(new Rope(style, dims, frequencies), first + rows);
      try (Arena arena = Arena.ofShared();
          TrainingRows t = backend(level).trainingRows(1)) {
        MemorySegment x = floats(arena, rows * stride, 1, new Random(7));
        float[] before = copy(x);
        t.turn(x, stride, first, rows, table, false);
        float[] turned = copy(x);
        for (int i = 0; i < rows * dims / 2; i++) {
          int pair = i % (dims / 2);
          int row = i / (dims / 2);
          boolean halves = style == Rope.Style.HALVES;
          int a = row * stride + (halves ? pair : 2 * pair);
          int b = a + (halves ? dims / 2 : 1);
          double angle = (first + row) * (double) frequencies[pair];
          close(turned[a], before[a] * Math.cos(angle) - before[b] * Math.sin(angle), 2, "first");
          close(turned[b], before[b] * Math.cos(angle) + before[a] * Math.sin(angle), 2, "second");
          assertThat(turned[row * stride + dims]).isEqualTo(before[row * stride + dims]);
        }
        t.turn(x, stride, first, rows, table, true);
        float[] back = copy(x);
        for (int i = 0; i < back.length; i++) {
          close(back[i], before[i], 4, "back");
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void rowsAndPositionsThatAreNotThereAreRefused(Level level) {
    try (Arena arena = Arena.ofShared();
        TrainingRows t = backend(level).trainingRows(1)) {
      MemorySegment x = arena.allocate(4L * 64);
      MemorySegment small = arena.allocate(4L * 63);
      RotaryTable table = RotaryTable.of(new Rope(Rope.Style.HALVES, 32, new float[16]), 3);
      t.turn(x, 32, 1, 2, table, false);
      refused(() -> t.turn(small, 32, 1, 2, table, false));
      refused(() -> t.turn(x, 31, 1, 2, table, false));
      refused(() -> t.turn(x, 32, 2, 2, table, false));
      refused(() -> t.turn(x, 32, -1, 2, table, false));
      refused(() -> t.turn(x, 32, 1, -1, table, false));
      refused(() -> t.turn(x, Long.MAX_VALUE, 1, 2, table, false));
    }
  }
}
