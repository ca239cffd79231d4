// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Reads bytes out of a safetensors file without the code under test. */
final class Raw {
  private Raw() {}

  static byte[] u8(Path path, String name) {
    try {
      byte[] all = Files.readAllBytes(path);
      int header = (int) ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getLong();
      Map<?, ?> json = (Map<?, ?>) Json.parse("golden", Arrays.copyOfRange(all, 8, 8 + header));
      List<?> offsets = (List<?>) ((Map<?, ?>) json.get(name)).get("data_offsets");
      int base = 8 + header;
      return Arrays.copyOfRange(
          all,
          base + ((Long) offsets.get(0)).intValue(),
          base + ((Long) offsets.get(1)).intValue());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
