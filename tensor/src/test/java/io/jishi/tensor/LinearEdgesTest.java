// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Products at the ends of the ranges of weights, scales and activations. */
class LinearEdgesTest {
  private static final int COLS = 256;

  static Stream<DType> types() {
    return LinearTest.types();
  }

  static Stream<DType> integers() {
    return LinearTest.types().filter(DType::integer);
  }

  @ParameterizedTest
  @MethodSource("types")
  void blocksOfZerosGiveZeroAndNoNumberIsLost(DType type) {
    Weight weight = stored(type, new byte[Math.toIntExact(3 * type.rowBytes(COLS))]);
    for (Precision precision : Precision.values()) {
      float[][] x = LinearTest.randomRows(2, COLS, 1);
      x[1][3] = Float.NaN;
      float[][] y = LinearTest.run(weight, x, precision, 1);
      assertThat(y[0]).containsOnly(0, 0, 0);
      assertThat(y[1]).containsOnly(Float.NaN);
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void allBitsButTheScalesSetGiveTheExtremesOfTheFormat(DType type) {
    byte[] bytes = new byte[Math.toIntExact(3 * type.rowBytes(COLS))];
    Arrays.fill(bytes, (byte) -1);
    for (int at = 0; at < bytes.length; at += type.blockBytes()) {
      RandomWeights.scales(type, bytes, at, new Random(at));
    }
    agrees(stored(type, bytes), LinearTest.randomRows(2, COLS, 2));
  }

  @Test
  void minus128IsAWeight() {
    byte[] bytes = new byte[3 * 8 * 34];
    Arrays.fill(bytes, (byte) -128);
    for (int at = 0; at < bytes.length; at += 34) {
      bytes[at] = 0;
      bytes[at + 1] = 0x3C; // 1
    }
    float[] x = new float[COLS];
    Arrays.fill(x, -127);
    x[5] = 127;
    float[] y = LinearTest.run(stored(DType.Q8_0, bytes), new float[][] {x}, Precision.FAST, 1)[0];
    assertThat(y).containsOnly(128f * 127 * (COLS - 2));
  }

  @ParameterizedTest
  @MethodSource("integers")
  void hugeAndTinyScalesAreExact(DType type) {
    for (int scale : new int[] {0x7BFF, 0x0001, 0xFBFF, 0x8001, 0}) {
      Weight random = RandomWeights.make(type, 3, COLS, 4);
      byte[] bytes = random.data().toArray(ValueLayout.JAVA_BYTE);
      for (int at = 0; at < bytes.length; at += type.blockBytes()) {
        setScale(type, bytes, at, scale);
      }
      agrees(stored(type, bytes), LinearTest.randomRows(2, COLS, 5));
    }
  }

  /** The scale of all values of a block: a half, or of MXFP4 one from 2^-128 to 2^95. */
  private static void setScale(DType type, byte[] b, int at, int half) {
    if (type == DType.MXFP4) {
      b[at] = (byte) (half == 0x7BFF ? 223 : half == 0xFBFF ? 1 : half == 1 ? 3 : 0);
      return;
    }
    int place =
        switch (type) {
          case Q2_K -> 80;
          case Q3_K -> 108;
          case Q6_K -> 208;
          case TQ1_0 -> 52;
          case TQ2_0 -> 64;
          default -> 0;
        };
    b[at + place] = (byte) half;
    b[at + place + 1] = (byte) (half >> 8);
  }

  @ParameterizedTest
  @MethodSource("types")
  void hugeAndSmallActivationsKeepTheirPrecision(DType type) {
    Weight weight = RandomWeights.make(type, 3, COLS, 6);
    for (int power : new int[] {80, -80}) {
      float[][] x = LinearTest.randomRows(2, COLS, 7);
      for (float[] row : x) {
        for (int i = 0; i < COLS; i++) {
          row[i] = Math.scalb(row[i], power);
        }
      }
      agrees(weight, x);
    }
  }

  @ParameterizedTest
  @MethodSource("integers")
  void activationsBelowTheNormalNumbersCountAsZero(DType type) {
    Weight weight = RandomWeights.make(type, 3, COLS, 8);
    float[] x = new float[COLS];
    Arrays.fill(x, Float.MIN_NORMAL * 126);
    float[][] y = LinearTest.run(weight, new float[][] {x}, Precision.FAST, 1);
    assertThat(y[0]).containsOnly(0);
  }

  @ParameterizedTest
  @MethodSource("types")
  void anInfinityOrNotANumberIsNeverHidden(DType type) {
    Weight weight = RandomWeights.make(type, 3, COLS, 9);
    float[] bad = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
    float[][] x = LinearTest.randomRows(bad.length, COLS, 10);
    for (int t = 0; t < bad.length; t++) {
      x[t][40 + 70 * t] = bad[t];
    }
    for (Precision precision : Precision.values()) {
      for (float[] row : LinearTest.run(weight, x, precision, 1)) {
        for (float y : row) {
          assertThat(Float.isFinite(y)).isFalse();
        }
      }
    }
  }

  private static void agrees(Weight weight, float[][] x) {
    for (Precision precision : Precision.values()) {
      LinearTest.check(weight, x, precision, LinearTest.run(weight, x, precision, 1));
    }
  }

  private static Weight stored(DType type, byte[] bytes) {
    MemorySegment memory = Arena.ofAuto().allocate(bytes.length, 64);
    MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return Weight.stored(type + "-edge", type, 3, COLS, memory);
  }
}
