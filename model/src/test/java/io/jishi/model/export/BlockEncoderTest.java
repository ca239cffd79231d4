// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.model.StoredTensor;
import io.jishi.model.safetensors.SafetensorsFile;
import io.jishi.tensor.DType;
import io.jishi.tensor.Dequantizer;
import io.jishi.testkit.Shared;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BlockEncoderTest {
  /** Half of the largest of 16 steps, and what rounding the scale to half precision adds. */
  private static final float Q4_STEP = 1.01f / 8;

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "TQ1_0", "TQ2_0", "MXFP4"})
  void quantisesToTheBytesOfTheReference(DType type) {
    try (SafetensorsFile golden =
        SafetensorsFile.open(Shared.require("goldens/quant/quant.safetensors"))) {
      StoredTensor input = golden.tensors().get(type + ".q.input");
      byte[] expected = bytes(golden, type + ".q.bytes");
      float[] values = input.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
      byte[] actual = new byte[expected.length];
      BlockEncoder.encode(type, values, values.length, actual);
      assertThat(actual).isEqualTo(expected);
    }
  }

  /** Ours weighs errors otherwise: a single block may come out so much worse, or better. */
  private static final double ONE_BLOCK = 1.5;

  /** All blocks together. */
  private static final double ALL_BLOCKS = 1.1;

  /** Of the values' spread: what rounding scales to half precision adds at most. */
  private static final double SCALE_ROUNDING = 1e-3;

  static java.util.stream.Stream<DType> searched() {
    return java.util.stream.Stream.of(
        DType.Q2_K, DType.Q3_K, DType.Q4_K, DType.Q5_K, DType.Q6_K, DType.IQ4_NL, DType.IQ4_XS);
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.MethodSource("searched")
  void aSearchMissesAboutAsLittleAsTheReferences(DType type) {
    try (SafetensorsFile golden =
        SafetensorsFile.open(Shared.require("goldens/quant/quant.safetensors"))) {
      float[] input =
          golden.tensors().get(type + ".q.input").data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
      byte[] reference = bytes(golden, type + ".q.bytes");
      byte[] ours = new byte[reference.length];
      BlockEncoder.encode(type, input, input.length, ours);
      int size = type.blockSize();
      double ourSum = 0;
      double theirSum = 0;
      for (int b = 0; b < input.length / size; b++) {
        double error = miss(type, ours, input, b);
        double theirs = miss(type, reference, input, b);
        double spread = spread(input, b, size);
        ourSum += spread == 0 ? 0 : error / spread;
        theirSum += spread == 0 ? 0 : theirs / spread;
        assertThat(error)
            .as("%s block %d", type, b)
            .isLessThanOrEqualTo(ONE_BLOCK * theirs + SCALE_ROUNDING * spread);
      }
      assertThat(ourSum).as("%s", type).isLessThanOrEqualTo(ALL_BLOCKS * theirSum);
    }
  }

  private static double miss(DType type, byte[] raw, float[] input, int block) {
    int size = type.blockSize();
    byte[] one =
        java.util.Arrays.copyOfRange(
            raw, block * type.blockBytes(), (block + 1) * type.blockBytes());
    float[] back = new float[size];
    Dequantizer.dequantize(type, one, size, back);
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += Math.pow(back[i] - input[block * size + i], 2);
    }
    return Math.sqrt(sum / size);
  }

  private static double spread(float[] input, int block, int size) {
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += Math.pow(input[block * size + i], 2);
    }
    return Math.sqrt(sum / size);
  }

  static java.util.stream.Stream<DType> blocks() {
    return BlockEncoder.TYPES.stream().filter(t -> !t.plain());
  }

  /** Levels of a format are worth nothing where a block holds zeros alone, or one spike. */
  @ParameterizedTest
  @org.junit.jupiter.params.provider.MethodSource("blocks")
  void blocksOfZerosAndOfASpikeSurvive(DType type) {
    float[] values = new float[type.blockSize()];
    byte[] raw = new byte[type.blockBytes()];
    float[] back = new float[values.length];
    BlockEncoder.encode(type, values, values.length, raw);
    Dequantizer.dequantize(type, raw, values.length, back);
    for (float v : back) {
      assertThat(Math.abs(v)).isZero();
    }
    values[5] = 3;
    BlockEncoder.encode(type, values, values.length, raw);
    Dequantizer.dequantize(type, raw, values.length, back);
    assertThat(back[5]).isCloseTo(3, org.assertj.core.data.Offset.offset(0.15f));
  }

  private static byte[] bytes(SafetensorsFile file, String name) {
    // The bytes are a tensor of U8, which no DType is: they follow from the file's own order.
    return Raw.u8(file.path(), name);
  }

  @Test
  void halvesRoundToEven() {
    float[] values = {1 + 1f / 2048, 1 + 3f / 2048, -0f, Float.POSITIVE_INFINITY};
    byte[] out = new byte[8];
    BlockEncoder.encode(DType.F16, values, 4, out);
    assertThat(out).isEqualTo(new byte[] {0, 0x3c, 2, 0x3c, 0, (byte) 0x80, 0, 0x7c});
  }

  @Property(tries = 200)
  void fourBitsMissByAtMostOneStep(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[32];
    for (int i = 0; i < 32; i++) {
      values[i] = (float) random.nextDouble(-9, 9);
    }
    byte[] block = new byte[18];
    float[] back = new float[32];
    BlockEncoder.encode(DType.Q4_0, values, 32, block);
    Dequantizer.dequantize(DType.Q4_0, block, 32, back);
    float most = 0;
    for (float v : values) {
      most = Math.max(most, Math.abs(v));
    }
    for (int i = 0; i < 32; i++) {
      assertThat(Math.abs(back[i] - values[i])).isLessThanOrEqualTo(most * Q4_STEP);
    }
  }

  @Test
  void aTypeThatCannotBeWrittenIsNamed() {
    assertThat(BlockEncoder.type("q8_0")).isEqualTo(DType.Q8_0);
    assertThatThrownBy(() -> BlockEncoder.type("iq2_xs"))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("iq2_xs")
        .hasMessageContaining("Q8_0");
  }
}
