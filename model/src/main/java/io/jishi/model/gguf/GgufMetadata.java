// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.gguf;

import io.jishi.base.JishiException.BadFile;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The key-value pairs of a GGUF file. A value is
 *
 * <ul>
 *   <li>{@code Long} for every integer type ({@code BigInteger} for an unsigned one beyond 2^63),
 *       {@code Double} for both floating-point types, {@code Boolean}, {@code String};
 *   <li>for an array: {@code String[]}, {@code boolean[]}, {@code float[]}, {@code double[]};
 *       {@code int[]} for integers of any type where all fit, else {@code long[]}; {@code Object[]}
 *       of such arrays for an array of arrays.
 * </ul>
 *
 * <p>Arrays are handed out without a copy and must not be written. Thread-safe.
 */
public final class GgufMetadata {
  private final String source;
  private final Map<String, Object> values;
  private final Function<String, byte[]> stored;

  /**
   * Pairs of a file.
   *
   * @param stored gives the bytes of a value as {@link #stored} says
   */
  GgufMetadata(String source, Map<String, Object> values, Function<String, byte[]> stored) {
    this.source = source;
    this.values = values;
    this.stored = stored;
  }

  /**
   * Pairs that are to be written.
   *
   * @param source for messages
   * @param values of the kinds that {@link #get} gives, or {@code Integer} and {@code Float}
   */
  public static GgufMetadata of(String source, Map<String, Object> values) {
    Map<String, Object> read = new LinkedHashMap<>();
    values.forEach(
        (key, value) ->
            read.put(
                key,
                switch (value) {
                  case Integer n -> (Object) n.longValue();
                  case Float x -> x.doubleValue();
                  default -> value;
                }));
    return new GgufMetadata(
        source,
        read,
        key -> {
          throw new IllegalStateException(source + " has no bytes of " + key + " yet");
        });
  }

  /**
   * The bytes of a value with those of its type before it, as the file has them; it has to be open
   * still. What is copied so keeps types that {@link #get} does not tell apart.
   */
  public byte[] stored(String key) {
    if (!has(key)) {
      throw new BadFile(source + ": metadata '" + key + "' is missing");
    }
    return stored.apply(key);
  }

  /** All keys, in file order. */
  public Set<String> keys() {
    return Collections.unmodifiableSet(values.keySet());
  }

  /** Whether the key is there. */
  public boolean has(String key) {
    return values.containsKey(key);
  }

  /** The value as described above, or null where the key is absent. */
  public Object get(String key) {
    return values.get(key);
  }

  /** The key's text. */
  public String string(String key) {
    return require(key, "a string", GgufMetadata::toText);
  }

  /** The key's text, or {@code absent}. */
  public String string(String key, String absent) {
    return has(key) ? string(key) : absent;
  }

  /** The key's whole number, which fits an int. */
  public int intValue(String key) {
    return require(key, "a whole number below 2^31", GgufMetadata::toInt);
  }

  /** The key's whole number, or {@code absent}. */
  public int intValue(String key, int absent) {
    return has(key) ? intValue(key) : absent;
  }

  /** The key's number, of any numeric type. */
  public float floatValue(String key) {
    return require(key, "a number", v -> v instanceof Number n ? n.floatValue() : null);
  }

  /** The key's number, or {@code absent}. */
  public float floatValue(String key, float absent) {
    return has(key) ? floatValue(key) : absent;
  }

  /** The key's truth value, or {@code absent}. */
  public boolean booleanValue(String key, boolean absent) {
    return has(key)
        ? require(key, "true or false", v -> v instanceof Boolean b ? b : null)
        : absent;
  }

  private <T> T require(String key, String expected, Function<Object, T> convert) {
    Object value = values.get(key);
    T result = value == null ? null : convert.apply(value);
    if (result == null) {
      throw new BadFile(
          value == null
              ? source + ": metadata '" + key + "' is missing; it should be " + expected
              : source + ": metadata '" + key + "' must be " + expected + ", found " + type(value));
    }
    return result;
  }

  private static String toText(Object value) {
    return value instanceof String s ? s : null;
  }

  private static Integer toInt(Object value) {
    return value instanceof Long n && n == n.intValue() ? Integer.valueOf(n.intValue()) : null;
  }

  private static String type(Object value) {
    return switch (value) {
      case String _ -> "a string";
      case String[] a -> "an array of " + a.length + " strings";
      case int[] a -> "an array of " + a.length + " integers";
      case long[] a -> "an array of " + a.length + " integers";
      case float[] a -> "an array of " + a.length + " numbers";
      case double[] a -> "an array of " + a.length + " numbers";
      case boolean[] a -> "an array of " + a.length + " truth values";
      case Object[] a -> "an array of " + a.length + " arrays";
      default -> value.toString();
    };
  }
}
