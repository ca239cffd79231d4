// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.tensor.AdamWStep;
import io.jishi.tensor.TrainingRows;
import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows of training on every level against formulas in double precision. */
class TrainingRowsTest {
  /** A few roundings of FP32 and sums of some hundred terms, in units of the terms' magnitude. */
  private static final double ERROR = 2e-5;

  static Set<Level> levels() {
    return Cpu.levels();
  }

  private final Random random = new Random(7);

  private static final Map<Level, CpuBackend> BACKENDS = new EnumMap<>(Level.class);

  /** One backend for each level: its kernels are emitted once. */
  static synchronized CpuBackend backend(Level level) {
    return BACKENDS.computeIfAbsent(level, CpuBackend::new);
  }

  private MemorySegment floats(Arena arena, int count, double size) {
    return floats(arena, count, size, random);
  }

  /** Random floats at an odd place. */
  static MemorySegment floats(Arena arena, int count, double size, Random random) {
    int odd = random.nextInt(16);
    MemorySegment out = arena.allocate(4L * (count + odd), 64).asSlice(4L * odd);
    for (int i = 0; i < count; i++) {
      out.setAtIndex(Floats.LAYOUT, i, (float) (random.nextGaussian() * size));
    }
    return out;
  }

  static float[] copy(MemorySegment x) {
    return x.toArray(Floats.LAYOUT);
  }

  static void close(double actual, double expected, double size, String name) {
    if (!(Math.abs(actual - expected) <= ERROR * (size + Math.abs(expected)))) {
      throw new AssertionError(name + ": " + actual + " is not " + expected);
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void crossEntropyGivesLossAndGradient(Level level) {
    for (int vocabulary : new int[] {1, 15, 16, 50, 1000}) {
      int rows = 40;
      int first = 3;
      int[] targets = new int[rows + first];
      float[] weights = new float[rows + first];
      for (int r = 0; r < targets.length; r++) {
        targets[r] = r % 7 == 5 ? -1 : random.nextInt(vocabulary);
        weights[r] = random.nextFloat();
      }
      try (Arena arena = Arena.ofShared()) {
        MemorySegment x = floats(arena, rows * vocabulary, 4);
        float[] before = copy(x);
        float[][] out = new float[3][];
        for (int threads = 1; threads <= 2; threads++) {
          MemorySegment.copy(before, 0, x, Floats.LAYOUT, 0, before.length);
          float[] losses = new float[rows + first];
          float[] logSums = new float[rows + first];
          try (TrainingRows t = backend(level).trainingRows(threads)) {
            t.crossEntropy(
                x, rows, vocabulary, first, targets, weights, 1e-2f, true, losses, logSums);
          }
          float[] gradient = copy(x);
          if (threads == 2) {
            assertThat(gradient).isEqualTo(out[0]);
            assertThat(losses).isEqualTo(out[1]);
            assertThat(logSums).isEqualTo(out[2]);
          }
          out = new float[][] {gradient, losses, logSums};
        }
        for (int r = 0; r < rows; r++) {
          lossOf(before, r, vocabulary, targets[first + r], weights[first + r], out, first + r);
        }
      }
    }
  }

  private static void lossOf(
      float[] x, int r, int vocabulary, int target, float weight, float[][] out, int at) {
    double z = 0;
    for (int j = 0; j < vocabulary; j++) {
      z += Math.exp(x[r * vocabulary + j]);
    }
    double logZ = Math.log(z);
    boolean counts = target >= 0;
    close(out[1][at], counts ? logZ - x[r * vocabulary + target] : 0, 1, "loss");
    close(out[2][at], counts ? logZ : 0, 1, "log-sum");
    for (int j = 0; j < vocabulary; j++) {
      double p = Math.exp(x[r * vocabulary + j]) / z;
      double expected = weight * (p * (1 + 2 * 1e-2f * logZ) - (j == target ? 1 : 0));
      close(out[0][r * vocabulary + j], counts ? expected : 0, weight, "gradient " + j);
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void theNormsGradientIsTheFormulas(Level level) {
    for (int n : new int[] {16, 48, 320, 33}) {
      for (boolean add : new boolean[] {false, true}) {
        int rows = 150;
        try (Arena arena = Arena.ofShared()) {
          MemorySegment x = floats(arena, rows * n, 1);
          MemorySegment gain = floats(arena, n, 1);
          MemorySegment dy = floats(arena, rows * n, 1);
          MemorySegment dx = floats(arena, rows * n, 1);
          MemorySegment dGain = floats(arena, n, 1);
          float[] dxBefore = copy(dx);
          float[] dGainBefore = copy(dGain);
          float[][] out = new float[2][];
          for (int threads = 1; threads <= 2; threads++) {
            MemorySegment.copy(dxBefore, 0, dx, Floats.LAYOUT, 0, dxBefore.length);
            MemorySegment.copy(dGainBefore, 0, dGain, Floats.LAYOUT, 0, n);
            try (TrainingRows t = backend(level).trainingRows(threads)) {
              t.rmsNormBackward(x, gain, 1e-3f, dy, dx, add, dGain, rows, n);
            }
            if (threads == 2) {
              assertThat(copy(dx)).isEqualTo(out[0]);
              assertThat(copy(dGain)).isEqualTo(out[1]);
            }
            out = new float[][] {copy(dx), copy(dGain)};
          }
          double[] sums = new double[n];
          for (int r = 0; r < rows; r++) {
            norm(copy(x), copy(gain), copy(dy), dxBefore, add, r, n, out[0], sums);
          }
          for (int i = 0; i < n; i++) {
            close(out[1][i], dGainBefore[i] + sums[i], Math.sqrt(rows), "gain " + i);
          }
        }
      }
    }
  }

  private static void norm(
      float[] x,
      float[] gain,
      float[] dy,
      float[] before,
      boolean add,
      int r,
      int n,
      float[] dx,
      double[] sums) {
    double squares = 0;
    double inner = 0;
    for (int i = 0; i < n; i++) {
      int at = r * n + i;
      squares += (double) x[at] * x[at];
      inner += (double) x[at] * dy[at] * gain[i];
    }
    double factor = 1 / Math.sqrt(squares / n + 1e-3f);
    for (int i = 0; i < n; i++) {
      int at = r * n + i;
      sums[i] += dy[at] * x[at] * factor;
      double expected =
          factor * (gain[i] * dy[at] - x[at] * factor * factor * inner / n)
              + (add ? before[at] : 0);
      close(dx[at], expected, 4, "dx " + r + " " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void theGatesGradientIsTheFormulasAndMayBeInPlace(Level level) {
    for (int n : new int[] {16, 864, 20}) {
      int rows = 90;
      try (Arena arena = Arena.ofShared()) {
        MemorySegment x = floats(arena, 2 * rows * n, 3);
        MemorySegment dy = floats(arena, rows * n, 1);
        float[] before = copy(x);
        float[] ends = {-1e30f, -200, -88.8f, -87.4f, -0f, 0, 87.4f, 88.8f, 200, 1e30f};
        System.arraycopy(ends, 0, before, 0, ends.length);
        float[] first = null;
        for (int threads = 1; threads <= 2; threads++) {
          MemorySegment.copy(before, 0, x, Floats.LAYOUT, 0, before.length);
          try (TrainingRows t = backend(level).trainingRows(threads)) {
            t.siluGateBackward(x, dy, x, rows, n);
          }
          float[] out = copy(x);
          assertThat(first == null || Arrays.equals(out, first)).isTrue();
          first = out;
        }
        float[] slopes = copy(dy);
        for (int r = 0; r < rows; r++) {
          for (int i = 0; i < n; i++) {
            double a = before[2 * r * n + i];
            double b = before[2 * r * n + n + i];
            double d = slopes[r * n + i];
            double s = 1 / (1 + Math.exp(-a));
            double slope = s == 0 ? 0 : s * (1 + a * (1 - s));
            close(first[2 * r * n + i], d * b * slope, Math.abs(d * b), "da of " + a);
            double gate = s == 0 ? 0 : a * s;
            close(first[2 * r * n + n + i], d * gate, Math.abs(d), "db of " + a);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void aStepOfAdamWIsTheOneOfThePaper(Level level) {
    int n = 70_005;
    AdamWStep step = AdamWStep.of(3, 1e-2, 0.9, 0.99, 1e-8, 0.1, 0.5);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment[] x = {
        floats(arena, n, 1), floats(arena, n, 1), floats(arena, n, 1), floats(arena, n, 1)
      };
      for (int i = 0; i < n; i++) {
        x[3].setAtIndex(Floats.LAYOUT, i, Math.abs(x[3].getAtIndex(Floats.LAYOUT, i)));
      }
      float[][] b = Arrays.stream(x).map(TrainingRowsTest::copy).toArray(float[][]::new);
      float[][] first = null;
      for (int threads = 1; threads <= 2; threads++) {
        for (int i = 0; i < 4; i++) {
          MemorySegment.copy(b[i], 0, x[i], Floats.LAYOUT, 0, n);
        }
        try (TrainingRows t = backend(level).trainingRows(threads)) {
          t.adamW(step, x[0], x[1], x[2], x[3], n);
        }
        float[][] out = Arrays.stream(x).map(TrainingRowsTest::copy).toArray(float[][]::new);
        assertThat(first == null || Arrays.deepEquals(out, first)).isTrue();
        first = out;
      }
      assertThat(first[1]).isEqualTo(b[1]);
      for (int i = 0; i < n; i++) {
        double g = 0.5 * b[1][i];
        double m = 0.9 * b[2][i] + 0.1 * g;
        double v = 0.99 * b[3][i] + 0.01 * g * g;
        double mean = m / (1 - Math.pow(0.9, 3));
        double root = Math.sqrt(v / (1 - Math.pow(0.99, 3)));
        close(first[2][i], m, 1, "mean");
        close(first[3][i], v, 1, "square");
        close(first[0][i], b[0][i] * (1 - 1e-3) - 1e-2 * mean / (root + 1e-8), 1, "weight");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void theSquaredNormIsTheSameOnAnyNumberOfThreads(Level level) {
    try (Arena arena = Arena.ofShared()) {
      for (int n : new int[] {0, 1, 17, 200_003}) {
        MemorySegment x = floats(arena, n, 1);
        double expected = 0;
        for (float each : copy(x)) {
          expected += (double) each * each;
        }
        double[] out = new double[3];
        for (int threads = 1; threads <= 2; threads++) {
          try (TrainingRows t = backend(level).trainingRows(threads)) {
            out[threads] = t.squaredNorm(x, n);
          }
        }
        assertThat(out[2]).isEqualTo(out[1]);
        close(out[1], expected, 0, "norm of " + n);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void dotsOfRowsAreTheFormula(Level level) {
    int rows = 5;
    int cols = 32;
    try (Arena arena = Arena.ofShared();
        TrainingRows t = backend(level).trainingRows(1)) {
      MemorySegment a = floats(arena, rows * 50, 1);
      MemorySegment b = floats(arena, rows * 40, 1);
      float[] out = new float[rows];
      t.rowDots(a, 50, b, 40, rows, cols, out);
      for (int r = 0; r < rows; r++) {
        double sum = 0;
        for (int i = 0; i < cols; i++) {
          sum += (double) copy(a)[r * 50 + i] * copy(b)[r * 40 + i];
        }
        close(out[r], sum, cols, "dot");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void aLossThatIsNotANumberIsNotLost(Level level) {
    try (Arena arena = Arena.ofShared();
        TrainingRows t = backend(level).trainingRows(1)) {
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
  void whatDoesNotLieWithinItsSegmentIsRefused(Level level) {
    try (Arena arena = Arena.ofShared();
        TrainingRows t = backend(level).trainingRows(1)) {
      MemorySegment x = arena.allocate(4L * 64);
      MemorySegment small = arena.allocate(4L * 63);
      float[] two = new float[2];
      int[] targets = {1, 1};
      t.crossEntropy(x, 2, 32, 0, targets, two, 0, true, two, two);
      refused(() -> t.crossEntropy(small, 2, 32, 0, targets, two, 0, true, two, two));
      refused(() -> t.crossEntropy(x, 2, 32, 1, targets, two, 0, true, two, two));
      refused(() -> t.crossEntropy(x, 2, 32, 0, targets, two, 0, true, two, new float[1]));
      refused(() -> t.crossEntropy(x, 2, 32, 0, new int[] {1, 32}, two, 0, true, two, two));
      refused(() -> t.crossEntropy(x, 2, 0, 0, targets, two, 0, true, two, two));
      refused(() -> t.rmsNormBackward(small, x, 0, x, x, false, x, 2, 32));
      refused(() -> t.rmsNormBackward(x, x, 0, small, x, false, x, 2, 32));
      refused(() -> t.rmsNormBackward(x, x, 0, x, small, false, x, 2, 32));
      refused(() -> t.rmsNormBackward(x, x.asSlice(0, 4), 0, x, x, false, x, 2, 32));
      refused(() -> t.rmsNormBackward(x, x, 0, x, x, false, x.asSlice(0, 4), 2, 32));
      refused(() -> t.siluGateBackward(x, x, small, 2, 16));
      refused(() -> t.siluGateBackward(x, x.asSlice(0, 124), x, 2, 16));
      refused(() -> t.siluGateBackward(x, x, x, -1, 16));
      AdamWStep step = AdamWStep.of(1, 1, 0.9, 0.9, 1, 0, 1);
      refused(() -> t.adamW(step, x, x, x, small, 64));
      refused(() -> t.adamW(step, small, x, x, x, 64));
      refused(() -> t.squaredNorm(small, 64));
      refused(() -> t.squaredNorm(x, -1));
      refused(() -> t.rowDots(x, 32, x, Long.MAX_VALUE, 2, 32, two));
    }
  }

  @Test
  void chunksOfTheCallersOwnWorkUseAWorkersOwnObjects() {
    try (TrainingRows t = backend(Cpu.best()).trainingRows(2);
        Arena arena = Arena.ofShared()) {
      TrainingRows[] own = new TrainingRows[2];
      Arrays.setAll(own, i -> backend(Cpu.best()).trainingRows(1));
      double[] sums = new double[20];
      MemorySegment x = floats(arena, 1000, 1);
      t.parallel(20, (chunk, worker) -> sums[chunk] = own[worker].squaredNorm(x, 50 * chunk));
      for (int i = 0; i < 20; i++) {
        assertThat(sums[i]).isEqualTo(own[0].squaredNorm(x, 50 * i));
      }
      Arrays.stream(own).forEach(TrainingRows::close);
    }
  }

  static void refused(Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfAny(IndexOutOfBoundsException.class, ArithmeticException.class);
  }
}
