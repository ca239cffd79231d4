// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.jishi.tensor.cpu.CpuBackend;
import io.jishi.tensor.cpu.asm.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The scalar products, which are the oracle of all others. */
class LinearTest {
  private static final Backend SCALAR = new CpuBackend(Level.SCALAR);

  /** FP32 sums of up to 1,024 products, in units of Σ|x·w|. */
  private static final double EXACT_ERROR = 1e-6;

  /** Activations are rounded to 8 bits per 32 values: half a step of max|x| / 127. */
  private static final double FAST_ERROR = 1.5e-2;

  /** Sums that start from the bias round otherwise than those that end with it. */
  private static final float BIAS_ERROR = 1e-5f;

  static Stream<DType> types() {
    return Arrays.stream(DType.values()).filter(DType::runnable);
  }

  @ParameterizedTest
  @MethodSource("types")
  void productsAgreeWithNaiveArithmeticInDoubles(DType type) {
    for (int rows : new int[] {1, 127, 128, 300}) {
      int cols = type.plain() ? 75 : 2 * type.blockSize();
      Weight weight = RandomWeights.make(type, rows, cols, rows);
      float[][] x = randomRows(3, cols, 7);
      check(weight, x, run(weight, x, Precision.EXACT, 2), EXACT_ERROR);
      check(weight, x, run(weight, x, Precision.FAST, 2), type.plain() ? EXACT_ERROR : FAST_ERROR);
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void storedAndPackedGiveTheSameBits(DType type) {
    Weight stored = RandomWeights.make(type, 200, 512, 3);
    float[][] x = randomRows(2, 512, 5);
    for (int tile : new int[] {16, 128}) {
      try (Arena arena = Arena.ofConfined()) {
        long bytes = Packing.packedBytes(type, 200, 512, tile);
        Weight packed = stored.pack(arena.allocate(bytes, 64), tile);
        for (Precision precision : Precision.values()) {
          assertThat(run(packed, x, precision, 1)).isDeepEqualTo(run(stored, x, precision, 1));
        }
        byte[] a = new byte[Math.toIntExact(type.rowBytes(512))];
        byte[] b = new byte[a.length];
        for (int row = 0; row < 200; row++) {
          stored.storedRow(row, 0, 512, a);
          packed.storedRow(row, 0, 512, b);
          assertThat(b).isEqualTo(a);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void aTokenAloneGivesTheBitsThatItGivesAmongOthersAndOnAnyNumberOfThreads(DType type) {
    Weight weight = RandomWeights.make(type, 300, 256, 4);
    float[][] x = randomRows(300, 256, 6);
    for (Precision precision : Precision.values()) {
      float[][] together = run(weight, x, precision, 2);
      assertThat(run(weight, x, precision, 1)).isDeepEqualTo(together);
      for (int t : new int[] {0, 17, 299}) {
        assertThat(run(weight, new float[][] {x[t]}, precision, 2)[0]).isEqualTo(together[t]);
      }
    }
  }

  @Test
  void weightsWithBiasesStandSideBySide() {
    Weight a = RandomWeights.make(DType.F32, 5, 9, 1);
    Weight b = RandomWeights.make(DType.F16, 140, 9, 2);
    Weight bias = RandomWeights.make(DType.F32, 1, 140, 3);
    float[][] x = randomRows(2, 9, 4);
    List<Weight> biases = new ArrayList<>();
    biases.add(null);
    biases.add(bias);
    float[][] joined = run(Linear.of(List.of(a, b), biases), x, Precision.EXACT, 2);
    float[][] first = run(a, x, Precision.EXACT, 1);
    float[][] second = run(new Linear(List.of(b), List.of(bias), 9, 140), x, Precision.EXACT, 1);
    float[][] plain = run(b, x, Precision.EXACT, 1);
    float[] shift = new float[140];
    bias.vector(shift);
    for (int t = 0; t < 2; t++) {
      assertThat(Arrays.copyOf(joined[t], 5)).isEqualTo(first[t]);
      for (int o = 0; o < 140; o++) {
        assertThat(joined[t][5 + o]).isEqualTo(second[t][o]);
        assertThat(joined[t][5 + o]).isCloseTo(plain[t][o] + shift[o], offset(BIAS_ERROR));
      }
    }
  }

  @Test
  void notANumberStaysOne() {
    Weight weight = RandomWeights.make(DType.Q8_0, 4, 64, 1);
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      float[][] x = randomRows(1, 64, 2);
      x[0][40] = bad;
      assertThat(run(weight, x, Precision.FAST, 1)[0]).containsOnly(Float.NaN);
    }
  }

  static float[][] run(Weight weight, float[][] x, Precision precision, int threads) {
    return run(Linear.of(weight), x, precision, threads);
  }

  static float[][] run(Linear linear, float[][] x, Precision precision, int threads) {
    try (Arena arena = Arena.ofShared();
        Ops ops = SCALAR.ops(threads)) {
      int cols = x[0].length;
      MemorySegment memory = arena.allocate(Tensor.bytes(x.length, cols), 64);
      Tensor in = new Tensor(memory, x.length, cols);
      for (int t = 0; t < x.length; t++) {
        in.write(t, 0, x[t], 0, cols);
      }
      ops.begin(new Batch());
      Tensor out = ops.linear(in, linear, precision);
      float[][] rows = new float[x.length][];
      for (int t = 0; t < x.length; t++) {
        rows[t] = out.row(t);
      }
      return rows;
    }
  }

  private static void check(Weight weight, float[][] x, float[][] y, double error) {
    float[] w = new float[weight.cols()];
    byte[] scratch = new byte[Math.toIntExact(weight.type().rowBytes(weight.cols()))];
    for (int o = 0; o < weight.rows(); o++) {
      weight.row(o, scratch, w);
      for (int t = 0; t < x.length; t++) {
        double sum = 0;
        double magnitude = 0;
        double largest = 0;
        for (int i = 0; i < w.length; i++) {
          sum += (double) x[t][i] * w[i];
          magnitude += Math.abs((double) x[t][i] * w[i]);
          largest = Math.max(largest, Math.abs(w[i]));
        }
        assertThat((double) y[t][o])
            .as("%s row %d", weight, o)
            .isCloseTo(sum, offset(error * (magnitude + largest)));
      }
    }
  }

  static float[][] randomRows(int rows, int cols, long seed) {
    Random random = new Random(seed);
    float[][] x = new float[rows][cols];
    for (float[] row : x) {
      for (int i = 0; i < cols; i++) {
        row[i] = (float) random.nextGaussian();
      }
    }
    return x;
  }
}
