// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import static io.jishi.tensor.cpu.TrainingRowsTest.backend;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.MatrixProducts.Inputs;
import io.jishi.tensor.MatrixProducts.Right;
import io.jishi.tensor.TrainingRows;
import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Matrix products of every level against a naive one in double precision, and the scalar one. */
class MatrixProductsTest {
  /** FP32 sums of up to 1100 products, one chain: a rounding each, in units of Σ|a·b|. */
  private static final double FP32_ERROR = 1100 * 0x1p-24;

  /** Both factors are rounded to 8 bits: 2⁻⁸ each, and the sums as in FP32. */
  private static final double BF16_ERROR = 0x1p-7 + 0x1p-16 + 2 * FP32_ERROR;

  /** Sums of {@code vdpbf16ps} round twice a pair, the scalar chain once a product. */
  private static final double BF16_SUMS = 4 * FP32_ERROR;

  private static final float OUTSIDE = 12345.5f;

  static Stream<Arguments> levels() {
    return Cpu.levels().stream()
        .flatMap(l -> Arrays.stream(Inputs.values()).map(i -> Arguments.of(l, i)));
  }

  /** One random product: shapes with tails, strides, odd places. */
  private record Case(int m, int n, int k, boolean turnA, boolean turnB, boolean add, long seed) {
    static Case random(Random r) {
      int small = r.nextInt(3);
      int m = size(r, small == 0 ? 9 : 70);
      int n = size(r, small == 0 ? 9 : 120);
      int k = r.nextInt(6) == 0 ? r.nextInt(2) : size(r, small == 1 ? 1100 : 100);
      return new Case(m, n, k, r.nextBoolean(), r.nextBoolean(), r.nextBoolean(), r.nextLong());
    }

    /** Every other size is one that needs no tails. */
    private static int size(Random r, int most) {
      int size = 1 + r.nextInt(most);
      return r.nextBoolean() ? size : (size + 15) / 16 * 16;
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void productsAreWhatTheyShouldBe(Level level, Inputs inputs) {
    Random random = new Random(level.ordinal());
    for (int i = 0; i < 50; i++) {
      check(level, inputs, Case.random(random));
    }
    check(level, inputs, new Case(37, 1601, 1100, false, true, false, 1)); // several blocks
    check(level, inputs, new Case(320, 96, 1040, true, false, true, 2));
  }

  private static void check(Level level, Inputs inputs, Case c) {
    try (Arena arena = Arena.ofShared()) {
      Operands o = new Operands(arena, c);
      float[] one = o.run(backend(level), inputs, 1);
      assertThat(o.run(backend(level), inputs, 2)).as("%s", c).isEqualTo(one);
      float[] scalar = o.run(backend(Level.SCALAR), inputs, 1);
      double error = inputs == Inputs.BF16 ? BF16_ERROR : FP32_ERROR;
      boolean pairs = inputs == Inputs.BF16 && level.compareTo(Level.AVX512_VNNI_BF16) >= 0;
      assertThat(pairs || Arrays.equals(one, scalar)).as("%s %s", level, c).isTrue();
      int sample = (long) c.m() * c.n() * c.k() > 1_000_000 ? 17 : 1;
      for (int i = 0; i < c.m(); i++) {
        for (int j = i % sample; j < c.n(); j += sample) {
          double[] exact = o.exact(i, j);
          int at = i * o.cRow + j;
          close(one[at], exact[0], error * exact[1], level, c);
          close(one[at], scalar[at], pairs ? BF16_SUMS * exact[1] : 0, level, c);
        }
        for (int j = c.n(); j < o.cRow && i < c.m() - 1; j++) {
          assertThat(one[i * o.cRow + j]).as("%s", c).isEqualTo(OUTSIDE);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void sumsMayStartFromAnotherMatrix(Level level, Inputs inputs) {
    Random random = new Random(level.ordinal());
    for (int i = 0; i < 20; i++) {
      Case drawn = Case.random(random);
      Case c = new Case(drawn.m, drawn.n, drawn.k, drawn.turnA, drawn.turnB, true, drawn.seed);
      startFromAnother(level, inputs, c);
    }
    startFromAnother(level, inputs, new Case(37, 1601, 1100, false, true, true, 1));
  }

  private static void startFromAnother(Level level, Inputs inputs, Case c) {
    try (Arena arena = Arena.ofShared()) {
      Operands o = new Operands(arena, c);
      float[] added = o.run(backend(level), inputs, 1);
      long dRow = c.n() + 3;
      MemorySegment d = arena.allocate(4 * Math.max(1, c.m() * dRow)); // zeros between the rows
      for (long i = 0; i < c.m(); i++) {
        MemorySegment.copy(o.cStart, 4 * i * o.cRow, d, 4 * i * dRow, 4L * c.n());
      }
      float[] before = d.toArray(Floats.LAYOUT);
      for (int threads = 1; threads <= 2; threads++) {
        assertThat(o.run(backend(level), inputs, threads, d, dRow)).as("%s", c).isEqualTo(added);
      }
      assertThat(d.toArray(Floats.LAYOUT)).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void aFactorThatWasPackedGivesTheSame(Level level, Inputs inputs) {
    Random random = new Random(level.ordinal());
    for (int i = 0; i < 20; i++) {
      packed(level, inputs, Case.random(random));
    }
    packed(level, inputs, new Case(37, 1601, 2100, false, true, false, 1)); // several blocks
    packed(level, inputs, new Case(37, 1601, 2100, true, false, true, 2));
    packed(level, inputs, new Case(5, 3, 0, false, false, false, 4));
  }

  private static void packed(Level level, Inputs inputs, Case c) {
    try (Arena arena = Arena.ofShared()) {
      Operands o = new Operands(arena, c);
      float[] plain = o.run(backend(level), inputs, 1);
      for (int threads = 1; threads <= 2; threads++) {
        o.cData.copyFrom(o.cStart);
        try (MatrixProducts products = backend(level).matrixProducts(threads, inputs)) {
          MemorySegment memory = arena.allocate(products.packedBytes(c.n, c.k), 64);
          Right b = products.pack(c.n, c.k, o.bData, o.b[0], o.b[1], memory);
          MemorySegment d = c.add ? o.cData : null;
          products.multiply(c.m, o.aData, o.a[0], o.a[1], b, d, o.cRow, o.cData, o.cRow);
        }
        assertThat(o.cData.toArray(Floats.LAYOUT)).as("%s", c).isEqualTo(plain);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void whatCannotBePackedIsRefused(Level level, Inputs inputs) {
    try (Arena arena = Arena.ofShared();
        MatrixProducts p = backend(level).matrixProducts(1, inputs)) {
      MemorySegment x = arena.allocate(4L * 8 * 8, 64);
      MemorySegment c = arena.allocate(256);
      long bytes = p.packedBytes(8, 8);
      MemorySegment memory = arena.allocate(Math.max(64, bytes), 64);
      Right b = p.pack(8, 8, x, 8, 1, memory);
      refused(() -> p.pack(9, 8, x, 8, 1, memory));
      refused(() -> p.pack(8, 8, x, 1, 9, memory));
      refused(() -> p.multiply(9, x, 8, 1, b, null, 0, c, 8));
      refused(() -> p.multiply(8, x, 9, 1, b, null, 0, c, 8));
      refused(() -> p.multiply(8, x, 8, 1, b, x, 9, c, 8));
      Right strange = new Right() {};
      assertThatThrownBy(() -> p.multiply(8, x, 8, 1, strange, null, 0, c, 8))
          .isInstanceOf(IllegalArgumentException.class);
      if (bytes == 0) {
        return; // read where it lies
      }
      refused(() -> p.pack(8, 8, x, 8, 1, memory.asSlice(0, bytes - 1)));
      MemorySegment odd = arena.allocate(bytes + 64, 64).asSlice(4);
      assertThatThrownBy(() -> p.pack(8, 8, x, 8, 1, odd))
          .isInstanceOf(IllegalArgumentException.class);
      Arena closed = Arena.ofShared();
      Right gone = p.pack(8, 8, x, 8, 1, closed.allocate(bytes, 64));
      closed.close();
      assertThatThrownBy(() -> p.multiply(8, x, 8, 1, gone, null, 0, c, 8))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  private static void close(float actual, double expected, double error, Level level, Case c) {
    if (!(Math.abs(actual - expected) <= error)) {
      throw new AssertionError(level + " " + c + ": " + actual + " is not " + expected);
    }
  }

  /** Factors and result in memory, at odd places. */
  private static final class Operands {
    final Case c;
    final long[] a;
    final long[] b;
    final int cRow;
    final MemorySegment aData;
    final MemorySegment bData;
    final float[] aValues;
    final float[] bValues;
    final MemorySegment cStart;
    final MemorySegment cData;

    Operands(Arena arena, Case c) {
      this.c = c;
      Random r = new Random(c.seed());
      a = strides(c.m(), c.k(), c.turnA(), r);
      b = strides(c.k(), c.n(), c.turnB(), r);
      cRow = c.n() + r.nextInt(3);
      aData = data(arena, size(c.m(), c.k(), a), r);
      bData = data(arena, size(c.k(), c.n(), b), r);
      aValues = aData.toArray(Floats.LAYOUT);
      bValues = bData.toArray(Floats.LAYOUT);
      long[] strides = {cRow, 1};
      cStart = data(arena, size(c.m(), c.n(), strides), r);
      for (int i = 0; i < c.m() - 1; i++) {
        for (int j = c.n(); j < cRow; j++) {
          cStart.setAtIndex(Floats.LAYOUT, (long) i * cRow + j, OUTSIDE);
        }
      }
      cData = arena.allocate(cStart.byteSize() + 4, 4).asSlice(4);
    }

    private static long[] strides(int rows, int cols, boolean turned, Random r) {
      return turned
          ? new long[] {1, Math.max(1, rows) + r.nextInt(3)}
          : new long[] {Math.max(1, cols) + r.nextInt(3), 1};
    }

    private static long size(int rows, int cols, long[] strides) {
      return rows == 0 || cols == 0 ? 0 : (rows - 1) * strides[0] + (cols - 1) * strides[1] + 1;
    }

    private static MemorySegment data(Arena arena, long floats, Random r) {
      int odd = r.nextInt(16);
      MemorySegment out = arena.allocate(4 * (floats + odd) + 1, 64);
      out = out.asSlice(4L * odd, 4 * floats);
      for (long i = 0; i < floats; i++) {
        out.setAtIndex(Floats.LAYOUT, i, (float) r.nextGaussian());
      }
      return out;
    }

    float[] run(CpuBackend backend, Inputs inputs, int threads) {
      cData.copyFrom(cStart);
      try (MatrixProducts products = backend.matrixProducts(threads, inputs)) {
        products.multiply(
            c.m(), c.n(), c.k(), aData, a[0], a[1], bData, b[0], b[1], cData, cRow, c.add());
      }
      return cData.toArray(Floats.LAYOUT);
    }

    /** The product onto another matrix; C holds no sums before. */
    float[] run(CpuBackend backend, Inputs inputs, int threads, MemorySegment d, long dRow) {
      cData.copyFrom(cStart);
      for (long i = 0; i < c.m(); i++) {
        cData.asSlice(4 * i * cRow, 4L * c.n()).fill((byte) -1);
      }
      try (MatrixProducts products = backend.matrixProducts(threads, inputs)) {
        products.multiply(
            c.m(), c.n(), c.k(), aData, a[0], a[1], bData, b[0], b[1], d, dRow, cData, cRow);
      }
      return cData.toArray(Floats.LAYOUT);
    }

    /** The sum, and the sum of magnitudes. */
    double[] exact(int i, int j) {
      double sum = c.add() ? cStart.getAtIndex(Floats.LAYOUT, (long) i * cRow + j) : 0;
      double magnitude = Math.abs(sum);
      for (int p = 0; p < c.k(); p++) {
        double x = aValues[(int) (i * a[0] + p * a[1])];
        x *= bValues[(int) (p * b[0] + j * b[1])];
        sum += x;
        magnitude += Math.abs(x);
      }
      return new double[] {sum, magnitude};
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void whatIsNotANumberIsNotLost(Level level, Inputs inputs) {
    try (Arena arena = Arena.ofShared();
        MatrixProducts products = backend(level).matrixProducts(1, inputs)) {
      MemorySegment a = arena.allocate(4 * 64);
      MemorySegment b = arena.allocate(4 * 64).fill((byte) 0);
      MemorySegment c = arena.allocate(4);
      int[] bits = {0x7FFFFFFF, 0xFFFFFFFF, 0x7F800001, 0x7FC00000, 0x7F800000};
      for (int p = 0; p < 64; p++) {
        a.fill((byte) 0);
        a.setAtIndex(Floats.LAYOUT, p, Float.intBitsToFloat(bits[p % bits.length]));
        products.multiply(1, 1, 64, a, 64, 1, b, 1, 1, c, 1, false);
        assertThat(c.get(Floats.LAYOUT, 0)).as("%s %d", level, p).isNaN();
      }
    }
  }

  @Test
  void roundingToBf16IsToTheNearestAndToEven() {
    assertThat(Floats.toBf16(1 + 0x1p-8f)).isEqualTo(1f);
    assertThat(Floats.toBf16(1 + 3 * 0x1p-8f)).isEqualTo(1 + 4 * 0x1p-8f);
    assertThat(Floats.toBf16(1 + 0x1p-8f + 0x1p-20f)).isEqualTo(1 + 0x1p-7f);
    assertThat(Floats.toBf16(-Float.MAX_VALUE)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(Floats.toBf16(Float.intBitsToFloat(0x7FFFFFFF))).isNaN();
    assertThat(Floats.toBf16(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
  }

  @ParameterizedTest
  @MethodSource("levels")
  void whatDoesNotLieWithinItsSegmentIsRefused(Level level, Inputs inputs) {
    try (Arena arena = Arena.ofShared();
        MatrixProducts p = backend(level).matrixProducts(1, inputs)) {
      MemorySegment x = arena.allocate(4L * 8 * 8);
      p.multiply(8, 8, 8, x, 8, 1, x, 1, 8, arena.allocate(256), 8, true);
      MemorySegment c = arena.allocate(256);
      refused(() -> p.multiply(9, 8, 8, x, 8, 1, x, 1, 8, c, 8, true));
      refused(() -> p.multiply(8, 9, 8, x, 8, 1, x, 1, 8, c, 8, true));
      refused(() -> p.multiply(8, 8, 9, x, 8, 1, x, 1, 8, c, 8, true));
      refused(() -> p.multiply(8, 8, 8, x, 9, 1, x, 1, 8, c, 8, true));
      refused(() -> p.multiply(8, 8, 8, x, 8, 2, x, 1, 8, c, 8, true));
      refused(() -> p.multiply(8, 8, 8, x, 8, 1, x, 1, 9, c, 8, true));
      refused(() -> p.multiply(8, 8, 8, x, 8, 1, x, 1, 8, c, 9, true));
      refused(() -> p.multiply(8, 8, 8, x, 8, 1, x, -1, 8, c, 8, true));
      refused(() -> p.multiply(8, 8, 8, x, 8, 1, x, 0, 1, c, 8, true));
      MemorySegment few = arena.allocate(252);
      refused(() -> p.multiply(8, 8, 8, x, 8, 1, x, 1, 8, few, 8, c, 8));
      refused(() -> p.multiply(8, 8, 8, x, 8, 1, x, 1, 8, x, 9, c, 8));
      refused(() -> p.multiply(-1, 8, 8, x, 8, 1, x, 1, 8, c, 8, true));
      refused(() -> p.multiply(8, 8, 8, x, Long.MAX_VALUE, 1, x, 1, 8, c, 8, true));
      refused(() -> p.multiply(8, 8, 8, x, 8, 1, x, 1, 8, c.asSlice(4), 8, true));
      refused(() -> p.multiply(1 << 30, 1 << 30, 1 << 30, x, 1, 1, x, 1, 1, c, 8, true));
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void memoryThatKernelsCannotUseIsRefused(Level level, Inputs inputs) {
    try (Arena arena = Arena.ofShared();
        MatrixProducts p = backend(level).matrixProducts(1, inputs)) {
      MemorySegment x = arena.allocate(256);
      MemorySegment heap = MemorySegment.ofArray(new float[64]);
      Arena closed = Arena.ofShared();
      MemorySegment gone = closed.allocate(256);
      closed.close();
      for (MemorySegment bad : new MemorySegment[] {heap, gone}) {
        for (int i = 0; i < 3; i++) {
          MemorySegment[] o = {x, arena.allocate(256), arena.allocate(256)};
          o[i] = bad;
          assertThatThrownBy(() -> p.multiply(8, 8, 8, o[0], 8, 1, o[1], 1, 8, o[2], 8, true))
              .isInstanceOfAny(IllegalArgumentException.class, IllegalStateException.class);
        }
      }
      MemorySegment constant = arena.allocate(256).asReadOnly();
      p.multiply(8, 8, 8, constant, 8, 1, constant, 1, 8, x, 8, true);
      assertThatThrownBy(() -> p.multiply(8, 8, 8, x, 8, 1, x, 1, 8, constant, 8, true))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void workersWithProductsOfTheirOwnGiveTheSame(Level level, Inputs inputs) {
    CpuBackend backend = backend(level);
    try (Arena arena = Arena.ofShared();
        TrainingRows rows = backend.trainingRows(2)) {
      MatrixProducts[] own = new MatrixProducts[2];
      Arrays.setAll(own, i -> backend.matrixProducts(1, inputs));
      Operands o = new Operands(arena, new Case(40, 50, 60, false, true, false, 5));
      MemorySegment c = arena.allocate(4L * 40 * 50 * 30);
      long size = 4L * 40 * 50;
      rows.parallel(
          30,
          (chunk, worker) ->
              own[worker].multiply(
                  40,
                  50,
                  60,
                  o.aData,
                  o.a[0],
                  o.a[1],
                  o.bData,
                  o.b[0],
                  o.b[1],
                  c.asSlice(chunk * size, size),
                  50,
                  false));
      for (int i = 1; i < 30; i++) {
        assertThat(c.asSlice(i * size, size).mismatch(c.asSlice(0, size))).isEqualTo(-1);
      }
      assertThat(c.get(Floats.LAYOUT, 0)).isNotZero();
      Arrays.stream(own).forEach(MatrixProducts::close);
    }
  }

  private static void refused(Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfAny(IndexOutOfBoundsException.class, ArithmeticException.class);
  }
}
