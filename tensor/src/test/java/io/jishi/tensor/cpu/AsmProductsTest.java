// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.RandomWeights;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.asm.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kernel on every level that this machine has, against the scalar products. */
class AsmProductsTest {
  /**
   * BF16 products: both factors keep 8 bits (an error of 2⁻⁹ each), sums are FP32 and, by the
   * definition of {@code vdpbf16ps}, rounded twice a pair. In units of Σ|x·w|.
   */
  private static final double BF16_ERROR = 0x1p-8 + 0x1p-16;

  private static final Backend SCALAR = new CpuBackend(Level.SCALAR);

  static Stream<Arguments> levelsAndTypes() {
    return levels()
        .flatMap(
            level ->
                Arrays.stream(DType.values())
                    .filter(DType::runnable)
                    .map(type -> Arguments.of(level, type)));
  }

  @ParameterizedTest
  @MethodSource("levelsAndTypes")
  void productsEqualTheScalarOnes(Level level, DType type) {
    Random random = new Random(level.ordinal() * 100 + type.ordinal());
    for (int i = 0; i < 6; i++) {
      int rows = 1 + random.nextInt(70);
      int cols = columns(type, random);
      int tokens = i == 0 ? 1 : 1 + random.nextInt(40);
      Weight weight = RandomWeights.make(type, rows, cols, i);
      Weight bias = i % 2 == 0 ? null : RandomWeights.make(DType.F32, 1, rows, i);
      Linear linear = new Linear(List.of(weight), Collections.singletonList(bias), cols, rows);
      check(level, linear, rows(tokens, cols, random));
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void moreTilesThanTheCacheKeepsPassAllTokensToo(Level level) {
    for (DType type : List.of(DType.Q8_0, DType.F32)) {
      Linear linear = Linear.of(RandomWeights.make(type, 1003, 512, 5));
      check(level, linear, rows(29, 512, new Random(6)));
    }
  }

  static Stream<Arguments> levelsAndIntegers() {
    return levelsAndTypes().filter(a -> ((DType) a.get()[1]).integer());
  }

  /** Sums of a few products are kept in 16 bits where there is no {@code vpdpbusd}. */
  @ParameterizedTest
  @MethodSource("levelsAndIntegers")
  void sumsOfTheLargestValuesFit(Level level, DType type) {
    int cols = 256;
    float[][] x = new float[20][cols]; // more than stream
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < cols; i++) {
        x[t][i] = t % 3 == 0 ? 1 : t % 3 == 1 ? -1 : (i & t) % 2 == 0 ? 1 : -1;
      }
    }
    for (int fill : new int[] {0x00, 0xFF, 0x77, 0x88, 0x0F}) {
      byte[] bytes = new byte[Math.toIntExact(17 * type.rowBytes(cols))];
      Arrays.fill(bytes, (byte) fill);
      for (int at = 0; at < bytes.length; at += type.blockBytes()) {
        RandomWeights.scales(type, bytes, at, new Random(at));
      }
      try (Arena arena = Arena.ofShared()) {
        MemorySegment data = arena.allocate(bytes.length, 64);
        MemorySegment.copy(bytes, 0, data, ValueLayout.JAVA_BYTE, 0, bytes.length);
        check(level, Linear.of(Weight.stored(type + "-largest", type, 17, cols, data)), x);
      }
    }
  }

  static Stream<Level> levels() {
    return Cpu.levels().stream().filter(level -> level != Level.SCALAR);
  }

  private static int columns(DType type, Random random) {
    if (type.plain()) {
      return 1 + random.nextInt(200);
    }
    return type.blockSize() * (1 + random.nextInt(type.blockSize() < 256 ? 40 : 5));
  }

  private static void check(Level level, Linear linear, float[][] x) {
    Backend backend = new CpuBackend(level);
    Weight weight = linear.weights().getFirst();
    for (Precision precision : Precision.values()) {
      float[][] expected = run(SCALAR, linear, x, precision);
      try (Arena arena = Arena.ofShared()) {
        Weight packed = backend.prepare(weight, arena);
        if (packed.layout() == Weight.Layout.PACKED) {
          long bytes = packed.bytes();
          Weight byJava = weight.pack(arena.allocate(bytes, 64), packed.tile());
          assertThat(packed.data().mismatch(byJava.data())).isEqualTo(-1);
        }
        Linear prepared = new Linear(List.of(packed), linear.biases(), linear.in(), linear.out());
        float[][] actual = run(backend, prepared, x, precision);
        float[][] stored = run(backend, linear, x, precision);
        assertThat(stored).isDeepEqualTo(actual);
        if (exact(level, weight.type(), precision)) {
          assertThat(actual).as("%s %s %s", level, weight, precision).isDeepEqualTo(expected);
        } else {
          close(weight, x, expected, actual);
        }
      }
    }
  }

  /** Whether the level's arithmetic is the scalar one to the bit. */
  private static boolean exact(Level level, DType type, Precision precision) {
    boolean half = type == DType.F16 || type == DType.BF16;
    return !(half && precision == Precision.FAST && level.compareTo(Level.AVX512_VNNI_BF16) >= 0);
  }

  private static void close(Weight weight, float[][] x, float[][] expected, float[][] actual) {
    float[] w = new float[weight.cols()];
    byte[] scratch = new byte[Math.toIntExact(weight.type().rowBytes(weight.cols()))];
    for (int o = 0; o < weight.rows(); o++) {
      weight.row(o, scratch, w);
      for (int t = 0; t < x.length; t++) {
        double magnitude = 0;
        for (int i = 0; i < w.length; i++) {
          magnitude += Math.abs((double) x[t][i] * w[i]);
        }
        assertThat((double) actual[t][o])
            .isCloseTo(expected[t][o], org.assertj.core.data.Offset.offset(BF16_ERROR * magnitude));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levelsAndTypes")
  void aTokenAloneGivesTheBitsThatItGivesAmongOthersAndOnAnyNumberOfThreads(
      Level level, DType type) {
    Backend backend = new CpuBackend(level);
    Random random = new Random(3);
    Linear linear = Linear.of(RandomWeights.make(type, 100, 1024, 4));
    float[][] x = rows(61, 1024, random);
    int most = new Kernels(level).maxTokens(io.jishi.tensor.cpu.asm.LineKind.BYTES);
    for (Precision precision : Precision.values()) {
      float[][] together = run(backend, linear, x, precision);
      assertThat(run(backend, linear, x, precision, 1)).isDeepEqualTo(together);
      for (int count = 1; count <= most + 1; count++) {
        float[][] some = run(backend, linear, Arrays.copyOfRange(x, 7, 7 + count), precision);
        assertThat(some).isDeepEqualTo(Arrays.copyOfRange(together, 7, 7 + count));
      }
    }
  }

  private static float[][] rows(int tokens, int cols, Random random) {
    float[][] x = new float[tokens][cols];
    for (float[] row : x) {
      float size = (float) Math.scalb(1.0, random.nextInt(20) - 10);
      for (int i = 0; i < cols; i++) {
        row[i] = (float) random.nextGaussian() * size;
      }
    }
    return x;
  }

  static float[][] run(Backend backend, Linear linear, float[][] x, Precision precision) {
    return run(backend, linear, x, precision, 2);
  }

  static float[][] run(
      Backend backend, Linear linear, float[][] x, Precision precision, int threads) {
    try (Arena arena = Arena.ofShared();
        Ops ops = backend.ops(threads)) {
      int cols = x[0].length;
      Tensor in = new Tensor(arena.allocate(Tensor.bytes(x.length, cols), 64), x.length, cols);
      for (int t = 0; t < x.length; t++) {
        in.write(t, 0, x[t], 0, cols);
      }
      ops.begin(new Batch());
      Tensor out = ops.linear(in, linear, precision);
      List<float[]> rows = new ArrayList<>();
      for (int t = 0; t < x.length; t++) {
        rows.add(out.row(t));
      }
      return rows.toArray(new float[0][]);
    }
  }
}
