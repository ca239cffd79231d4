// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Ops;
import io.jishi.tensor.RandomWeights;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Level;
import java.lang.foreign.Arena;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AsmRowsTest {
  /** Sums of squares are added in another order: a few units in the last place of the result. */
  private static final float NORM_ERROR = 3e-6f;

  /** Kernels are emitted once a level. */
  private static final Map<Level, CpuBackend> OPS = new EnumMap<>(Level.class);

  static Stream<Level> levels() {
    return Cpu.levels().stream().filter(level -> level != Level.SCALAR);
  }

  @ParameterizedTest
  @MethodSource("levels")
  void additionAndGateEqualThePlainOnes(Level level) {
    for (int cols : new int[] {32, 96, 2048, 70}) {
      for (int rows : new int[] {1, 3, 100}) {
        float[] x = floats(rows * cols, cols);
        float[] y = floats(rows * cols, rows);
        compare(level, x, y, rows, cols, (ops, t) -> ops.add(t[0], t[1]), 0);
        compare(level, x, y, rows, cols, (ops, t) -> ops.gate(t[0], Activation.SILU), 0);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void gatesHoldAtTheEndsOfTheirRange(Level level) {
    float[] x = floats(64, 1);
    float[] ends = {-1e30f, -200, -88.8f, -87.4f, -0f, 0, 87.4f, 88.8f, 200, 1e30f, 0.01f, -0.02f};
    System.arraycopy(ends, 0, x, 0, ends.length);
    for (Activation activation : Activation.values()) {
      compare(level, x, x, 1, 64, (ops, t) -> ops.gate(t[0], activation), 1e-30f);
      float[] bad = x.clone();
      bad[3] = Float.NaN;
      float[][] out = run(level, bad, bad, 1, 64, (ops, t) -> ops.gate(t[0], activation));
      assertThat(out[0][3]).as("%s", activation).isNaN();
      assertThat(out[0][4]).as("%s", activation).isNotNaN();
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void whatGoesValueByValueEqualsThePlainOne(Level level) {
    for (int cols : new int[] {1, 16, 70, 2048}) {
      for (int rows : new int[] {1, 3, 50}) {
        float[] x = floats(rows * cols, cols);
        float[] y = floats(rows * cols, rows);
        float[] one = floats(rows * cols, cols + 1);
        compare(level, x, y, rows, cols, (ops, t) -> ops.scale(t[0], 0.37f), 0);
        compare(level, x, y, rows, cols, (ops, t) -> ops.multiply(t[0], t[1]), 0);
        compare(level, x, y, rows, cols, (ops, t) -> ops.softCap(t[0], 3.5f), 0);
        compare(
            level, x, y, rows, cols, (ops, t) -> ops.multiply(t[0], ops.columns(t[1], 0, 1)), 0);
        for (Activation activation : Activation.values()) {
          if (activation != Activation.CLAMPED_SWIGLU) {
            compare(level, x, one, rows, cols, (ops, t) -> ops.activate(t[0], activation), 0);
          }
          if (cols % 2 == 0) {
            compare(level, x, one, rows, cols, (ops, t) -> ops.gate(t[0], activation), 0);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void normsOfGroupsAndOfCentredRowsAgree(Level level) {
    for (int cols : new int[] {32, 96, 1008, 90}) {
      for (int groups : new int[] {1, 2}) {
        for (int gains : new int[] {cols, cols / groups}) {
          float[] x = floats(9 * cols, cols);
          Weight gain = RandomWeights.make(DType.F32, 1, gains, 5);
          Weight bias = RandomWeights.make(DType.F32, 1, gains, 6);
          for (Norm.Kind kind : Norm.Kind.values()) {
            for (Weight shift : new Weight[] {null, bias}) {
              Norm norm = new Norm(kind, groups, gain, shift, 1e-5f);
              compare(level, x, x, 9, cols, (ops, t) -> ops.norm(t[0], norm), NORM_ERROR);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void theNormAgreesAndARowDependsOnItselfAlone(Level level) {
    for (int cols : new int[] {16, 64, 1008, 4096, 33}) {
      Weight gain = RandomWeights.make(DType.F32, 1, cols, 5);
      float[] x = floats(70 * cols, cols);
      BiFunction<Ops, Tensor[], Tensor> norm = (ops, t) -> ops.rmsNorm(t[0], gain, 1e-5f);
      compare(level, x, x, 70, cols, norm, NORM_ERROR);
      float[][] all = run(level, x, x, 70, cols, norm);
      float[] last = java.util.Arrays.copyOfRange(x, 69 * cols, 70 * cols);
      assertThat(run(level, last, last, 1, cols, norm)[0]).isEqualTo(all[69]);
    }
  }

  private static void compare(
      Level level,
      float[] x,
      float[] y,
      int rows,
      int cols,
      BiFunction<Ops, Tensor[], Tensor> operation,
      float error) {
    float[][] expected = run(Level.SCALAR, x, y, rows, cols, operation);
    float[][] actual = run(level, x, y, rows, cols, operation);
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < expected[r].length; i++) {
        float e = expected[r][i];
        assertThat(actual[r][i])
            .as("%s %d", level, i)
            .isCloseTo(e, offset(error * (1 + Math.abs(e))));
      }
    }
  }

  private static float[][] run(
      Level level,
      float[] x,
      float[] y,
      int rows,
      int cols,
      BiFunction<Ops, Tensor[], Tensor> operation) {
    try (Arena arena = Arena.ofShared();
        Ops ops = OPS.computeIfAbsent(level, l -> new CpuBackend(l)).ops(2)) {
      ops.begin(new Batch());
      Tensor[] in = {tensor(arena, x, rows, cols), tensor(arena, y, rows, cols)};
      Tensor out = operation.apply(ops, in);
      float[][] result = new float[rows][];
      for (int r = 0; r < rows; r++) {
        result[r] = out.row(r);
      }
      return result;
    }
  }

  private static Tensor tensor(Arena arena, float[] values, int rows, int cols) {
    Tensor tensor = new Tensor(arena.allocate(Tensor.bytes(rows, cols), 64), rows, cols);
    for (int r = 0; r < rows; r++) {
      tensor.write(r, 0, values, r * cols, cols);
    }
    return tensor;
  }

  private static float[] floats(int count, long seed) {
    Random random = new Random(seed);
    float[] out = new float[count];
    for (int i = 0; i < count; i++) {
      out[i] = (float) random.nextGaussian() * (i % 7 + 1);
    }
    return out;
  }
}
