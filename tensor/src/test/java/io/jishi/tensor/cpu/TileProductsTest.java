// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import static io.jishi.tensor.cpu.TileChecks.up;
import static io.jishi.tensor.cpu.TrainingRowsTest.backend;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.tensor.MatrixProducts.Inputs;
import io.jishi.tensor.TileProducts;
import io.jishi.tensor.TileProducts.Left;
import io.jishi.tensor.TileProducts.Right;
import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Products of tiles and the softmax between them, on every level, against double precision. */
class TileProductsTest {
  /** One rounding to 8 bits, and FP32 sums. */
  private static final double BF16_ERROR = 0x1p-8 + 2e-5;

  private static final double FP32_ERROR = 2e-5;

  private final Random random = new Random(9);

  static Stream<Arguments> levels() {
    return Cpu.levels().stream()
        .flatMap(l -> Arrays.stream(Inputs.values()).map(i -> Arguments.of(l, i)));
  }

  private static boolean pairs(Level level, Inputs inputs) {
    return inputs == Inputs.BF16 && level.compareTo(Level.AVX512_VNNI_BF16) >= 0;
  }

  private MemorySegment floats(Arena arena, int count, double size) {
    return TrainingRowsTest.floats(arena, count, size, random);
  }

  /** Memory that is no number where nothing was written. */
  private static MemorySegment spoilt(Arena arena, long bytes) {
    return arena.allocate(bytes, 64).fill((byte) 0xFF);
  }

  /** Factors of any size, whole and in part. */
  private record Case(int rows, int cols, int k, int row, int p, int col, boolean across) {
    static Case random(Random r) {
      boolean whole = r.nextBoolean();
      return new Case(
          1 + r.nextInt(40),
          1 + r.nextInt(130),
          1 + r.nextInt(70),
          whole ? 0 : 8 * r.nextInt(3),
          whole ? 0 : 2 * r.nextInt(5),
          whole ? 0 : 32 * r.nextInt(3),
          r.nextBoolean());
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void productsOfPreparedFactorsAreWhatTheyShouldBe(Level level, Inputs inputs) {
    for (int i = 0; i < 60; i++) {
      Case c = Case.random(random);
      long seed = random.nextLong();
      float[] actual = product(level, inputs, c, new Random(seed));
      float[] expected = product(Level.SCALAR, inputs, c, new Random(seed));
      if (!pairs(level, inputs)) {
        assertThat(actual).as("%s %s", level, c).isEqualTo(expected);
      }
      for (int j = 0; j < actual.length; j++) {
        assertThat(Math.abs(actual[j] - expected[j])).as("%s %s", level, c).isLessThan(1e-4f);
      }
    }
  }

  /** Twice the product, and the one in double precision checked. */
  private float[] product(Level level, Inputs inputs, Case c, Random r) {
    int rows = c.rows + c.row;
    int k = c.k + c.p;
    int cols = c.cols + c.col;
    try (Arena arena = Arena.ofShared();
        TileProducts t = backend(level).tileProducts(inputs)) {
      MemorySegment a = TrainingRowsTest.floats(arena, rows * (k + 3), 1, r);
      MemorySegment b = TrainingRowsTest.floats(arena, (k + 3) * (cols + 3), 1, r);
      MemorySegment left = spoilt(arena, TileChecks.leftBytes(rows, k));
      MemorySegment right = spoilt(arena, TileProducts.panelBytes(k, cols));
      t.left(a, k + 3, rows, k, left);
      long bRow = c.across ? 1 : cols + 3;
      long bCol = c.across ? k + 3 : 1;
      t.right(b, bRow, bCol, k, cols, right);
      int height = up(rows, TileProducts.ROWS);
      Left x = new Left(left, height, up(k, TileProducts.UNIT), false, c.row, c.p);
      Right y = new Right(right, k, cols, c.p, c.col);
      int outRows = height - c.row;
      int outCols = up(c.cols, TileProducts.UNIT);
      MemorySegment out = spoilt(arena, 4L * outRows * (outCols + 1));
      t.multiply(outRows, outCols, c.k, x, y, out, outCols + 1, false);
      t.multiply(outRows, outCols, c.k, x, y, out, outCols + 1, true);
      float[] all = new float[outRows * outCols];
      for (int i = 0; i < outRows; i++) {
        assertThat(i == outRows - 1 || Float.isNaN(at(out, i, outCols, outCols + 1))).isTrue();
        for (int j = 0; j < outCols; j++) {
          double exact = 0;
          double magnitude = 0;
          for (int p = c.p; p < k && i < c.rows && j < c.cols; p++) {
            double product =
                (double) at(a, c.row + i, p, k + 3)
                    * b.getAtIndex(Floats.LAYOUT, p * bRow + (c.col + j) * bCol);
            exact += 2 * product;
            magnitude += 2 * Math.abs(product);
          }
          float got = at(out, i, j, outCols + 1);
          double error = 2 * (inputs == Inputs.BF16 ? BF16_ERROR : FP32_ERROR);
          assertThat(Math.abs(got - exact)).as("%s", c).isLessThanOrEqualTo(error * magnitude);
          all[i * outCols + j] = got;
        }
      }
      return all;
    }
  }

  private static float at(MemorySegment x, int row, int col, int stride) {
    return x.getAtIndex(Floats.LAYOUT, (long) row * stride + col);
  }

  /** The elements of a left factor: its product with the identity. */
  private static float[] elements(
      TileProducts t, Arena arena, MemorySegment data, int rows, int cols, boolean turned) {
    int k = turned ? rows : cols;
    int width = up(k, TileProducts.UNIT);
    MemorySegment one = arena.allocate(4L * k * k, 64);
    for (int i = 0; i < k; i++) {
      one.setAtIndex(Floats.LAYOUT, (long) i * k + i, 1);
    }
    MemorySegment right = arena.allocate(TileProducts.panelBytes(k, k), 64);
    t.right(one, k, 1, k, k, right);
    int height = turned ? cols : rows;
    MemorySegment out = arena.allocate(4L * height * width, 64);
    Left left = new Left(data, rows, cols, turned);
    t.multiply(height, width, k, left, new Right(right, k, k), out, width, false);
    float[] all = new float[rows * cols];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < cols; c++) {
        all[r * cols + c] = turned ? at(out, c, r, width) : at(out, r, c, width);
      }
    }
    return all;
  }

  /** Tiles of scores: {@code [rows, cols]} each, and what rows see of them. */
  private final class Tiles {
    final int rows = 8;
    final int cols = 48;
    final int count = 3;
    final float scale = 0.3f;
    final float[][] scores = new float[count][];
    final int[][] from = new int[count][rows];
    final int[][] to = new int[count][rows];
    final double[] exact = new double[rows];

    Tiles(Arena arena) {
      for (int tile = 0; tile < count; tile++) {
        scores[tile] = TrainingRowsTest.copy(floats(arena, rows * cols, 20));
        for (int r = 0; r < rows; r++) {
          from[tile][r] = r == 3 ? 40 - tile * cols : -5; // in the first tile it sees 8 columns
          to[tile][r] = 60 + 10 * r - tile * cols;
        }
        for (int i = 0; i < rows * cols; i++) {
          exact[i / cols] += seen(tile, i) ? Math.exp((double) scores[tile][i] * scale) : 0;
        }
      }
    }

    boolean seen(int tile, int i) {
      return i % cols >= from[tile][i / cols] && i % cols < to[tile][i / cols];
    }

    MemorySegment memory(Arena arena, int tile) {
      MemorySegment x = arena.allocate(4L * rows * cols, 64);
      MemorySegment.copy(scores[tile], 0, x, Floats.LAYOUT, 0, rows * cols);
      return x;
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void tilesGiveTheSoftmaxOfTheWholeRow(Level level, Inputs inputs) {
    double error = inputs == Inputs.BF16 ? BF16_ERROR : FP32_ERROR;
    try (Arena arena = Arena.ofShared();
        TileProducts t = backend(level).tileProducts(inputs)) {
      Tiles x = new Tiles(arena);
      float[] max = new float[x.rows];
      float[] sums = new float[x.rows];
      float[] rescale = new float[x.rows];
      Arrays.fill(max, -Float.MAX_VALUE);
      double[] kept = new double[x.rows]; // a weighted sum of ones, rescaled as values are
      for (int tile = 0; tile < x.count; tile++) {
        MemorySegment p = spoilt(arena, 4L * x.rows * x.cols);
        MemorySegment scores = x.memory(arena, tile);
        t.softmax(scores, x.rows, x.cols, x.from[tile], x.to[tile], x.scale, max, sums, rescale, p);
        float[] weights = elements(t, arena, p, x.rows, x.cols, false);
        for (int i = 0; i < weights.length; i++) {
          kept[i / x.cols] *= i % x.cols == 0 ? rescale[i / x.cols] : 1;
          kept[i / x.cols] += weights[i];
          assertThat(x.seen(tile, i) || weights[i] == 0).isTrue();
        }
      }
      float[] logSums = new float[x.rows];
      for (int r = 0; r < x.rows; r++) {
        assertThat(Math.abs(kept[r] - sums[r])).isLessThanOrEqualTo(error * sums[r]);
        logSums[r] = (float) (max[r] + Math.log(sums[r]));
        assertThat(Math.abs(logSums[r] - Math.log(x.exact[r]))).isLessThan(2e-5 * 20);
      }
      for (int tile = 0; tile < x.count; tile++) {
        gradients(t, arena, x, tile, logSums, error);
      }
    }
  }

  private void gradients(
      TileProducts t, Arena arena, Tiles x, int tile, float[] logSums, double error) {
    MemorySegment p = spoilt(arena, 4L * x.rows * x.cols);
    MemorySegment d = spoilt(arena, 4L * x.rows * x.cols);
    MemorySegment dP = floats(arena, x.rows * x.cols, 1);
    float[] given = TrainingRowsTest.copy(dP);
    float[] delta = {2, 1, 0, -1, 0.5f, 3, 0, 0};
    MemorySegment scores = x.memory(arena, tile);
    t.gradients(
        scores, dP, x.rows, x.cols, x.from[tile], x.to[tile], x.scale, logSums, delta, p, d);
    float[] weights = elements(t, arena, p, x.rows, x.cols, true);
    float[] straight = elements(t, arena, d, x.rows, x.cols, false);
    float[] turned = elements(t, arena, d, x.rows, x.cols, true);
    assertThat(turned).isEqualTo(straight);
    for (int i = 0; i < weights.length; i++) {
      boolean seen = x.seen(tile, i);
      double exact =
          seen ? Math.exp((double) x.scores[tile][i] * x.scale) / x.exact[i / x.cols] : 0;
      assertThat(seen || weights[i] == 0 && straight[i] == 0).isTrue();
      assertThat(Math.abs(weights[i] - exact)).isLessThanOrEqualTo(error * exact + 1e-5);
      double gradient = x.scale * exact * ((double) given[i] - delta[i / x.cols]);
      assertThat(Math.abs(straight[i] - gradient))
          .isLessThanOrEqualTo(error * Math.abs(gradient) + 1e-5);
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void tilesEqualThePlainOnes(Level level, Inputs inputs) {
    for (int i = 0; i < 20; i++) {
      int rows = 8 * (1 + random.nextInt(4));
      int cols = 16 * (1 + random.nextInt(i == 0 ? 32 : 8));
      int[] from = random.ints(rows, -5, cols).toArray();
      int[] to = random.ints(rows, -5, cols + 20).toArray();
      long seed = random.nextLong();
      float[][] actual = tiles(level, inputs, rows, cols, from, to, new Random(seed));
      float[][] expected = tiles(Level.SCALAR, inputs, rows, cols, from, to, new Random(seed));
      for (int j = 0; j < actual.length; j++) {
        if (pairs(level, inputs)) { // such products take small numbers for 0
          for (int e = 0; e < actual[j].length; e++) {
            assertThat(actual[j][e]).isCloseTo(expected[j][e], within(1e-30f));
          }
        } else {
          assertThat(actual[j]).as("%s %d", level, j).isEqualTo(expected[j]);
        }
      }
    }
  }

  private static org.assertj.core.data.Offset<Float> within(float most) {
    return org.assertj.core.data.Offset.offset(most);
  }

  private static float[][] tiles(
      Level level, Inputs inputs, int rows, int cols, int[] from, int[] to, Random r) {
    try (Arena arena = Arena.ofShared();
        TileProducts t = backend(level).tileProducts(inputs)) {
      MemorySegment[] x = new MemorySegment[3];
      Arrays.setAll(x, i -> TrainingRowsTest.floats(arena, rows * cols, 2, r));
      MemorySegment p = spoilt(arena, 4L * rows * cols);
      MemorySegment d = spoilt(arena, 4L * rows * cols);
      float[] max = new float[rows];
      float[] sums = new float[rows];
      float[] rescale = new float[rows];
      float[] logSums = new float[rows];
      Arrays.fill(max, 1.5f);
      Arrays.fill(logSums, 4); // above all scores: the exponential's own promise
      t.softmax(x[0], rows, cols, from, to, 0.4f, max, sums, rescale, p);
      float[] weights = elements(t, arena, p, rows, cols, false);
      t.gradients(x[1], x[2], rows, cols, from, to, 0.1f, logSums, max, p, d);
      float[] turned = elements(t, arena, p, rows, cols, true);
      float[] gradient = elements(t, arena, d, rows, cols, false);
      MemorySegment y = TrainingRowsTest.floats(arena, rows * (cols + 5), 1, r);
      MemorySegment z = TrainingRowsTest.floats(arena, rows * (cols + 3), 1, r);
      t.scale(y, cols + 5, rescale, z, cols + 3, rows, cols, true);
      t.scale(y, cols + 5, max, y, cols + 5, rows, cols, false);
      return new float[][] {
        weights,
        turned,
        gradient,
        max,
        sums,
        rescale,
        z.toArray(Floats.LAYOUT),
        y.toArray(Floats.LAYOUT)
      };
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void aRowThatSeesNothingIsNothingAndOneNotANumberIsNotLost(Level level, Inputs inputs) {
    try (Arena arena = Arena.ofShared();
        TileProducts t = backend(level).tileProducts(inputs)) {
      MemorySegment x = floats(arena, 8 * 16, 1);
      x.setAtIndex(Floats.LAYOUT, 3, Float.NaN);
      x.setAtIndex(Floats.LAYOUT, 20, Float.NaN);
      MemorySegment p = arena.allocate(4 * 8 * 16, 64);
      MemorySegment d = arena.allocate(4 * 8 * 16, 64);
      float[] max = new float[8];
      Arrays.fill(max, -Float.MAX_VALUE);
      float[] sums = new float[8];
      float[] rescale = new float[8];
      int[] from = {0, 5, 0, 0, 0, 0, 0, 0};
      int[] to = {16, 5, 1, 1, 1, 1, 1, 1};
      t.softmax(x, 8, 16, from, to, 1, max, sums, rescale, p);
      assertThat(sums[0]).isNaN();
      assertThat(sums[1]).isZero();
      assertThat(rescale[1]).isOne();
      assertThat(max[1]).isEqualTo(-Float.MAX_VALUE);
      float[] nothing = {0, Float.NEGATIVE_INFINITY, 0, 0, 0, 0, 0, 0};
      x.fill((byte) 0);
      t.gradients(x, floats(arena, 8 * 16, 1), 8, 16, from, to, 1, nothing, max, p, d);
      float[] weights = elements(t, arena, p, 8, 16, true);
      assertThat(weights[0]).isOne();
      assertThat(weights[16]).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void whatDoesNotLieWithinItsMemoryIsRefused(Level level, Inputs inputs) {
    try (Arena arena = Arena.ofShared();
        TileProducts t = backend(level).tileProducts(inputs)) {
      MemorySegment x = arena.allocate(4 * 8 * 32, 64);
      MemorySegment small = x.asSlice(0, 4 * 8 * 32 - 4);
      MemorySegment half = arena.allocate(4 * 8 * 8, 64);
      MemorySegment out = arena.allocate(TileProducts.panelBytes(8, 32), 64);
      MemorySegment constant = arena.allocate(4 * 8 * 32, 64).asReadOnly();
      MemorySegment heap = MemorySegment.ofArray(new float[8 * 32]);
      float[] eight = new float[8];
      int[] ends = new int[8];
      t.left(x, 32, 8, 32, out);
      refused(() -> t.left(small, 32, 8, 32, out));
      refused(() -> t.left(x, 31, 8, 32, out));
      refused(() -> t.left(x, 32, 8, 32, half));
      refused(() -> t.left(x, 32, 0, 32, out));
      refused(() -> t.left(x, 32, 8, 32, constant));
      refused(() -> t.left(heap, 32, 8, 32, out));
      t.right(x, 32, 1, 8, 32, out);
      refused(() -> t.right(small, 32, 1, 8, 32, out));
      refused(() -> t.right(x, 1, 8, 8, 33, out));
      refused(() -> t.right(x, 2, 32, 8, 16, out));
      refused(() -> t.right(x, 32, 1, 8, 32, half));
      Left left = new Left(x, 8, 32, false);
      Right right = new Right(out, 8, 32);
      MemorySegment c = arena.allocate(4 * 8 * 32, 64);
      t.multiply(8, 32, 8, left, right, c, 32, false);
      refused(() -> t.multiply(7, 32, 8, left, right, c, 32, false));
      refused(() -> t.multiply(8, 24, 8, left, right, c, 32, false));
      refused(() -> t.multiply(16, 32, 8, left, right, c, 32, false));
      refused(() -> t.multiply(8, 32, 24, left, right, c, 32, false));
      refused(() -> t.multiply(8, 32, 8, left, right, c, 33, false));
      refused(() -> t.multiply(8, 32, 8, left, right, constant, 32, false));
      refused(() -> t.softmax(small, 8, 32, ends, ends, 1, eight, eight, eight, c));
      refused(() -> t.softmax(x, 8, 24, ends, ends, 1, eight, eight, eight, c));
      refused(() -> t.softmax(x, 8, 32, ends, new int[1], 1, eight, eight, eight, c));
      refused(() -> t.softmax(x, 1, 1024, ends, ends, 1, eight, eight, eight, c));
      refused(() -> t.gradients(x, small, 8, 32, ends, ends, 1, eight, eight, c, c));
      refused(() -> t.scale(x, 32, eight, c, 31, 8, 32, false));
      refused(() -> t.scale(x, 33, eight, c, 32, 8, 32, false));
      refused(() -> t.scale(x, 32, new float[7], c, 32, 8, 32, false));
    }
  }

  private static void refused(Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfAny(
            IndexOutOfBoundsException.class,
            ArithmeticException.class,
            IllegalArgumentException.class);
  }
}
