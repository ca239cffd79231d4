// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RandomBlocksTest {
  private static final double DEVIATION = 0.03;

  /** Blocks of the largest fill: several pieces, and a tail that is no whole word. */
  private static final int BLOCKS = 20_001;

  static Stream<DType> types() {
    return LinearTest.types();
  }

  private static byte[] make(DType type, int blocks, long seed) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment data = arena.allocate((long) blocks * type.blockBytes(), 64);
      RandomBlocks.fill(type, data, DEVIATION, seed);
      return data.toArray(ValueLayout.JAVA_BYTE);
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void valuesAreFiniteAndOfTheWantedSize(DType type) {
    int count = BLOCKS * type.blockSize();
    float[] values = new float[count];
    Dequantizer.dequantize(type, make(type, BLOCKS, 1), count, values);
    double sum = 0;
    double squares = 0;
    for (float value : values) {
      sum += value;
      squares += (double) value * value;
    }
    assertThat(sum / count).isCloseTo(0, Offset.offset(0.06 * DEVIATION));
    assertThat(Math.sqrt(squares / count)).isBetween(DEVIATION / 1.5, DEVIATION * 1.5);
  }

  @ParameterizedTest
  @MethodSource("types")
  void theSeedAloneSaysTheBytes(DType type) {
    byte[] first = make(type, BLOCKS, 7);
    assertThat(make(type, BLOCKS, 7)).isEqualTo(first);
    assertThat(make(type, BLOCKS, 8)).isNotEqualTo(first);
    assertThat(make(type, 100, 7)).as("a beginning").isEqualTo(slice(first, 0, type, 100));
    int later = BLOCKS - 100;
    assertThat(slice(first, later, type, 100)).isNotEqualTo(slice(first, 0, type, 100));
  }

  private static byte[] slice(byte[] bytes, int block, DType type, int blocks) {
    int from = block * type.blockBytes();
    return java.util.Arrays.copyOfRange(bytes, from, from + blocks * type.blockBytes());
  }

  @Test
  void whatCannotBeFilledIsRefused() {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment data = arena.allocate(33);
      assertThatThrownBy(() -> RandomBlocks.fill(DType.Q8_0, data, 1, 1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> RandomBlocks.fill(DType.I8, data, 1, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("I8");
    }
  }
}
