// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;

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
  static final Backend SCALAR = new CpuBackend(Level.SCALAR);

  /** FP32 sums of up to 1,024 products, in units of Σ|x·w|. */
  private static final double EXACT_ERROR = 1e-6;

  /** Of activations that are rounded to 8 bits per 32 values, in units of their maximum. */
  private static final double HALF_A_STEP = 0.5001 / 127;

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
      for (Precision precision : Precision.values()) {
        check(weight, x, precision, run(weight, x, precision, 2));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void storedAndPackedGiveTheSameBits(DType type) {
    int cols = type.plain() ? 77 : 512;
    for (int rows : new int[] {1, 16, 200}) {
      Weight stored = RandomWeights.make(type, rows, cols, 3);
      float[][] x = randomRows(2, cols, 5);
      for (int tile : new int[] {1, 16, 128}) {
        try (Arena arena = Arena.ofConfined()) {
          Weight packed = packed(stored, arena, tile);
          for (Precision precision : Precision.values()) {
            assertThat(run(packed, x, precision, 1)).isDeepEqualTo(run(stored, x, precision, 1));
          }
          sameStoredRows(stored, packed, 0, cols);
          int from = type.plain() ? 3 : type.blockSize();
          sameStoredRows(stored, packed, from, type.plain() ? 32 : cols - from);
        }
      }
    }
  }

  /** A packed copy in memory that held something before. */
  private static Weight packed(Weight stored, Arena arena, int tile) {
    long bytes = Packing.packedBytes(stored.type(), stored.rows(), stored.cols(), tile);
    return stored.pack(arena.allocate(bytes, 64).fill((byte) 0x5A), tile);
  }

  private static void sameStoredRows(Weight stored, Weight packed, int from, int count) {
    byte[] a = new byte[Math.toIntExact(stored.type().rowBytes(count))];
    byte[] b = new byte[a.length];
    for (int row = 0; row < stored.rows(); row++) {
      stored.storedRow(row, from, count, a);
      packed.storedRow(row, from, count, b);
      assertThat(b).isEqualTo(a);
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
  void sumsBeginAtTheBiasAndWeightsStandSideBySide() {
    Weight a = RandomWeights.make(DType.F32, 5, 9, 1);
    Weight b = RandomWeights.make(DType.F16, 140, 9, 2);
    Weight bias = RandomWeights.make(DType.F32, 1, 140, 3);
    float[][] x = randomRows(2, 9, 4);
    List<Weight> biases = new ArrayList<>();
    biases.add(null);
    biases.add(bias);
    float[][] joined = run(Linear.of(List.of(a, b), biases), x, Precision.EXACT, 2);
    float[] starts = new float[140];
    bias.vector(starts);
    for (int t = 0; t < 2; t++) {
      for (int o = 0; o < 5; o++) {
        assertThat(joined[t][o]).isEqualTo(inOrder(a, o, x[t], 0));
      }
      for (int o = 0; o < 140; o++) {
        assertThat(joined[t][5 + o]).isEqualTo(inOrder(b, o, x[t], starts[o]));
      }
    }
  }

  private static float inOrder(Weight weight, int row, float[] x, float start) {
    float[] w = new float[x.length];
    weight.row(row, new byte[4 * x.length], w);
    float sum = start;
    for (int i = 0; i < x.length; i++) {
      sum = Math.fma(w[i], x[i], sum);
    }
    return sum;
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

  /** Compares products with sums in doubles, within what the precision allows. */
  static void check(Weight weight, float[][] x, Precision precision, float[][] y) {
    boolean rounded = precision == Precision.FAST && weight.type().integer();
    float[] w = new float[weight.cols()];
    byte[] scratch = new byte[Math.toIntExact(weight.type().rowBytes(weight.cols()))];
    for (int o = 0; o < weight.rows(); o++) {
      weight.row(o, scratch, w);
      for (int t = 0; t < x.length; t++) {
        double sum = 0;
        double magnitude = 0;
        for (int i = 0; i < w.length; i++) {
          sum += (double) x[t][i] * w[i];
          magnitude += Math.abs((double) x[t][i] * w[i]);
        }
        double error = EXACT_ERROR * magnitude + (rounded ? roundingError(w, x[t]) : 0);
        assertThat((double) y[t][o])
            .as("%s row %d", weight, o)
            .isCloseTo(sum, org.assertj.core.data.Offset.offset(error));
      }
    }
  }

  /** What rounding the activations to 8 bits changes at most: half a step each. */
  private static double roundingError(float[] w, float[] x) {
    double error = 0;
    for (int g = 0; g < w.length; g += 32) {
      double max = 0;
      double weights = 0;
      for (int i = g; i < g + 32; i++) {
        max = Math.max(max, Math.abs(x[i]));
        weights += Math.abs(w[i]);
      }
      error += max * weights * HALF_A_STEP;
    }
    return error;
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
