// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Reads the metadata of a trusted GGUF v2/v3 file as the plain values that the tokenizer takes. */
final class GgufFixture {
  private final ByteBuffer in;

  private GgufFixture(ByteBuffer in) {
    this.in = in.order(ByteOrder.LITTLE_ENDIAN);
  }

  static Map<String, Object> metadata(Path file) {
    try {
      return new GgufFixture(ByteBuffer.wrap(Files.readAllBytes(file))).read();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Map<String, Object> read() {
    in.position(16);
    long count = in.getLong();
    Map<String, Object> result = new HashMap<>();
    for (long i = 0; i < count; i++) {
      String key = string();
      result.put(key, value(in.getInt()));
    }
    return result;
  }

  private String string() {
    byte[] bytes = new byte[Math.toIntExact(in.getLong())];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private Object value(int type) {
    return switch (type) {
      case 0, 1 -> (long) in.get();
      case 2, 3 -> (long) in.getShort();
      case 4, 5 -> (long) in.getInt();
      case 6 -> in.getFloat();
      case 7 -> in.get() != 0;
      case 8 -> string();
      case 9 -> array(in.getInt(), Math.toIntExact(in.getLong()));
      case 10, 11 -> in.getLong();
      case 12 -> in.getDouble();
      default -> throw new IllegalArgumentException("type " + type);
    };
  }

  private Object array(int type, int count) {
    switch (type) {
      case 8 -> {
        String[] texts = new String[count];
        java.util.Arrays.setAll(texts, i -> string());
        return texts;
      }
      case 6 -> {
        float[] floats = new float[count];
        for (int i = 0; i < count; i++) {
          floats[i] = in.getFloat();
        }
        return floats;
      }
      default -> {
        int[] ints = new int[count];
        for (int i = 0; i < count; i++) {
          ints[i] = ((Number) value(type)).intValue();
        }
        return ints;
      }
    }
  }
}
