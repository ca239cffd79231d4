// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import static io.jishi.tensor.cpu.TrainingRowsTest.close;
import static io.jishi.tensor.cpu.TrainingRowsTest.copy;
import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.tensor.TrainingRows;
import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tiles of attention in training, on every level, against formulas in double precision. */
class TrainingTilesTest {
  private final Random random = new Random(8);

  static Set<Level> levels() {
    return Cpu.levels();
  }

  private MemorySegment floats(Arena arena, int count, double size) {
    return TrainingRowsTest.floats(arena, count, size, random);
  }

  @ParameterizedTest
  @MethodSource("levels")
  void tilesOfAttentionGiveTheSoftmaxOfTheWholeRow(Level level) {
    int rows = 7;
    int cols = 48;
    int tiles = 3;
    float scale = 0.3f;
    try (Arena arena = Arena.ofShared();
        TrainingRows t = new CpuBackend(level).trainingRows(1)) {
      MemorySegment[] x = new MemorySegment[tiles];
      float[][] scores = new float[tiles][];
      float[] max = new float[rows];
      float[] sums = new float[rows];
      float[] rescale = new float[rows];
      Arrays.fill(max, -Float.MAX_VALUE);
      int[][] from = new int[tiles][rows];
      int[][] to = new int[tiles][rows];
      double[] exact = new double[rows];
      double[] kept = new double[rows]; // a weighted sum of ones, rescaled as values are
      for (int tile = 0; tile < tiles; tile++) {
        x[tile] = floats(arena, rows * cols, 20);
        scores[tile] = copy(x[tile]);
        for (int r = 0; r < rows; r++) {
          from[tile][r] = r == 3 ? 40 - tile * cols : -5; // in the first tile it sees 8 columns
          to[tile][r] = 60 + 10 * r - tile * cols;
        }
        t.softmaxTile(x[tile], rows, cols, from[tile], to[tile], scale, max, sums, rescale);
        float[] p = copy(x[tile]);
        for (int r = 0; r < rows; r++) {
          kept[r] *= rescale[r];
          for (int j = 0; j < cols; j++) {
            boolean seen = j >= from[tile][r] && j < to[tile][r];
            exact[r] += seen ? Math.exp((double) scores[tile][r * cols + j] * scale) : 0;
            kept[r] += p[r * cols + j];
            assertThat(seen || p[r * cols + j] == 0).isTrue();
          }
        }
      }
      float[] logSums = new float[rows];
      for (int r = 0; r < rows; r++) {
        close(kept[r], sums[r], 0, "sum of row " + r);
        logSums[r] = (float) (max[r] + Math.log(sums[r]));
        close(logSums[r], Math.log(exact[r]), 1, "log-sum of row " + r);
      }
      for (int tile = 0; tile < tiles; tile++) {
        MemorySegment.copy(scores[tile], 0, x[tile], Floats.LAYOUT, 0, rows * cols);
        t.probabilities(x[tile], rows, cols, from[tile], to[tile], scale, logSums);
        float[] p = copy(x[tile]);
        for (int i = 0; i < p.length; i++) {
          int r = i / cols;
          boolean seen = i % cols >= from[tile][r] && i % cols < to[tile][r];
          double expected = Math.exp((double) scores[tile][i] * scale) / exact[r];
          close(p[i], seen ? expected : 0, 1e-1, "p " + i);
          assertThat(seen || p[i] == 0).isTrue();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void aRowThatSeesNothingIsNothingAndOneNotANumberIsNotLost(Level level) {
    try (Arena arena = Arena.ofShared();
        TrainingRows t = new CpuBackend(level).trainingRows(1)) {
      MemorySegment x = floats(arena, 32, 1);
      x.setAtIndex(Floats.LAYOUT, 3, Float.NaN);
      x.setAtIndex(Floats.LAYOUT, 20, Float.NaN);
      float[] max = {-Float.MAX_VALUE, -Float.MAX_VALUE};
      float[] sums = {0, 0};
      float[] rescale = new float[2];
      int[] from = {0, 5};
      t.softmaxTile(x, 2, 16, from, new int[] {16, 5}, 1, max, sums, rescale);
      assertThat(sums[0]).isNaN();
      assertThat(sums[1]).isZero();
      assertThat(rescale[1]).isOne();
      assertThat(max[1]).isEqualTo(-Float.MAX_VALUE);
      x.fill((byte) 0);
      float[] nothing = {0, Float.NEGATIVE_INFINITY};
      t.probabilities(x, 2, 16, from, new int[] {16, 5}, 1, nothing);
      assertThat(x.getAtIndex(Floats.LAYOUT, 0)).isOne();
      assertThat(x.getAtIndex(Floats.LAYOUT, 16)).isZero();

      MemorySegment logits = floats(arena, 40, 1);
      logits.setAtIndex(Floats.LAYOUT, 7, Float.NaN);
      float[] losses = {0};
      t.crossEntropy(
          logits, 1, 40, 0, new int[] {1}, new float[] {1}, 0, true, losses, new float[1]);
      assertThat(losses[0]).isNaN();
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void scoreGradientsDotsAndScalesAreTheFormulas(Level level) {
    int rows = 5;
    int cols = 32;
    try (Arena arena = Arena.ofShared();
        TrainingRows t = new CpuBackend(level).trainingRows(1)) {
      MemorySegment p = floats(arena, rows * 50, 1);
      MemorySegment d = floats(arena, rows * 40, 1);
      float[] out = new float[rows];
      t.rowDots(p, 50, d, 40, rows, cols, out);
      float[] a = copy(p);
      float[] b = copy(d);
      float[] factors = {2, 1, 0, -1, 0.5f};
      for (int r = 0; r < rows; r++) {
        double sum = 0;
        for (int i = 0; i < cols; i++) {
          sum += (double) a[r * 50 + i] * b[r * 40 + i];
        }
        close(out[r], sum, cols, "dot");
      }
      t.scoreGradient(p, d, rows, cols, factors, 3);
      float[] gradient = copy(d);
      for (int i = 0; i < rows * cols; i++) {
        double expected = 3.0 * a[i] * ((double) b[i] - factors[i / cols]);
        close(gradient[i], expected, 3, "gradient");
      }
      t.scaleRows(p, 50, rows, cols, factors);
      float[] scaled = copy(p);
      for (int i = 0; i < rows * 50; i++) {
        boolean inside = i % 50 < cols;
        assertThat(scaled[i]).isEqualTo(a[i] * (inside ? factors[i / 50] : 1));
      }
    }
  }
}
