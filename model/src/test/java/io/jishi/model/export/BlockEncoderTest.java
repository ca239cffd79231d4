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
      names = {"BF16", "Q8_0", "Q4_0"})
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
    assertThatThrownBy(() -> BlockEncoder.type("q5_k"))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("q5_k")
        .hasMessageContaining("Q8_0");
  }
}
