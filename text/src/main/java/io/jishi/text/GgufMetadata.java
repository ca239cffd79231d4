// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import java.util.OptionalInt;
import java.util.function.Function;

/** The {@code tokenizer.ggml.*} keys of a file, read with their types. */
record GgufMetadata(String source, Function<String, Object> values) {
  private static final String PREFIX = "tokenizer.ggml.";

  /** The value, or null where the key is absent. */
  private <T> T get(String key, Class<T> type, String expected) {
    Object value = values.apply(PREFIX + key);
    if (value == null) {
      return null;
    }
    if (!type.isInstance(value)) {
      throw wrong(key, "must be " + expected + ", found " + value.getClass().getSimpleName());
    }
    return type.cast(value);
  }

  String text(String key) {
    return get(key, String.class, "a string");
  }

  String requireText(String key) {
    String value = text(key);
    if (value == null) {
      throw wrong(key, "is missing: the file has no tokenizer");
    }
    return value;
  }

  String[] texts(String key) {
    String[] value = get(key, String[].class, "an array of strings");
    if (value == null) {
      throw wrong(key, "is missing");
    }
    for (int i = 0; i < value.length; i++) {
      if (value[i] == null) {
        throw wrong(key, "has no string at " + i);
      }
    }
    return value;
  }

  /** Numbers of which there must be {@code count}, or null where the key is absent. */
  float[] floats(String key, int count) {
    float[] value = get(key, float[].class, "an array of 32-bit floats");
    checkCount(key, value == null ? count : value.length, count);
    return value;
  }

  /** Numbers of which there must be {@code count}, or null where the key is absent. */
  int[] ints(String key, int count) {
    int[] value = get(key, int[].class, "an array of 32-bit integers");
    checkCount(key, value == null ? count : value.length, count);
    return value;
  }

  /** Bytes, however the file types them, or null where the key is absent. */
  byte[] bytes(String key) {
    Object value = values.apply(PREFIX + key);
    return switch (value) {
      case null -> null;
      case byte[] bytes -> bytes;
      case int[] ints -> {
        byte[] bytes = new byte[ints.length];
        for (int i = 0; i < ints.length; i++) {
          bytes[i] = (byte) ints[i];
        }
        yield bytes;
      }
      default -> throw wrong(key, "must be an array of bytes");
    };
  }

  private void checkCount(String key, int found, int count) {
    if (found != count) {
      throw wrong(key, "has %d values for %d tokens".formatted(found, count));
    }
  }

  boolean flag(String key, boolean otherwise) {
    Boolean value = get(key, Boolean.class, "true or false");
    return value == null ? otherwise : value;
  }

  /** A token id below {@code count}, if present. */
  OptionalInt id(String key, int count) {
    Long value = get(key, Long.class, "an integer");
    if (value == null) {
      return OptionalInt.empty();
    }
    if (value < 0 || value >= count) {
      throw wrong(key, "is %d, but there are %d tokens".formatted(value, count));
    }
    return OptionalInt.of(value.intValue());
  }

  JishiException wrong(String key, String what) {
    return new JishiException.BadFile(source + ": '" + PREFIX + key + "' " + what);
  }
}
