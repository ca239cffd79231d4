// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DequantizerTest {

  static Stream<DType> types() {
    return Arrays.stream(DType.values())
        .filter(t -> t.runnable() && t != DType.F32 && t != DType.F16);
  }

  @ParameterizedTest
  @MethodSource("types")
  void blocksDecodeAsTheReferenceDecodesThem(DType type) throws IOException {
    try (InputStream in = getClass().getResourceAsStream("/dequantised.safetensors")) {
      ByteBuffer file = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
      int header = Math.toIntExact(file.getLong());
      String json = new String(file.array(), 8, header, StandardCharsets.UTF_8);
      JsonObject entries = JsonObject.of("goldens", Json.parse("goldens", json));
      byte[] raw = bytes(file, 8 + header, entries, type + ".deq.bytes");
      byte[] expected = bytes(file, 8 + header, entries, type + ".deq.values");
      int count = expected.length / Float.BYTES;
      float[] values = new float[count];
      Dequantizer.dequantize(type, raw, count, values);
      for (int i = 0; i < count; i++) {
        float golden =
            ByteBuffer.wrap(expected).order(ByteOrder.LITTLE_ENDIAN).getFloat(i * Float.BYTES);
        // The reference may round a product once more: one unit in the last place.
        assertThat(values[i])
            .as("%s value %d", type, i)
            .satisfiesAnyOf(
                v -> assertThat(v).isEqualTo(golden),
                v -> assertThat(Math.abs(v - golden)).isLessThanOrEqualTo(Math.ulp(golden)));
      }
    }
  }

  private static byte[] bytes(ByteBuffer file, int data, JsonObject entries, String name) {
    List<Object> offsets = entries.object(name).orElseThrow().array("data_offsets").orElseThrow();
    int from = data + ((Long) offsets.get(0)).intValue();
    int to = data + ((Long) offsets.get(1)).intValue();
    return Arrays.copyOfRange(file.array(), from, to);
  }
}
