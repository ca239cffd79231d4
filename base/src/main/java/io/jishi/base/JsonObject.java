// SPDX-License-Identifier: Apache-2.0
package io.jishi.base;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * A JSON object whose fields are read with their types; a wrong type is an error that names the
 * field. A field that is absent or null counts as absent.
 *
 * @param source what it was read from, for messages: a file name or "request"
 * @param fields the values as {@link Json} gives them
 */
public record JsonObject(String source, Map<String, Object> fields) {

  /** The value as an object, or an error that says that it is none. */
  @SuppressWarnings("unchecked") // Json makes objects as maps with string keys, nothing else
  public static JsonObject of(String source, Object value) {
    if (value instanceof Map<?, ?> map) {
      return new JsonObject(source, (Map<String, Object>) map);
    }
    throw new JishiException.BadFile(source + ": expected a JSON object, found " + typeOf(value));
  }

  /** Whether the field is there and not null. */
  public boolean has(String field) {
    return fields.get(field) != null;
  }

  /** The field's text, if present. */
  public Optional<String> text(String field) {
    return read(field, "a string", v -> v instanceof String s ? s : null);
  }

  /** The field's whole number (a number such as 8.0 counts), if present. */
  public OptionalInt integer(String field) {
    Optional<Integer> value = read(field, "a whole number below 2^31", JsonObject::toInt);
    return value.isPresent() ? OptionalInt.of(value.get()) : OptionalInt.empty();
  }

  /** The field's whole number, or an error where it is absent. */
  public int requireInt(String field) {
    return integer(field).orElseThrow(() -> missing(field));
  }

  /** The field's whole number of up to 64 bits, if present. */
  public Optional<Long> longInteger(String field) {
    return read(field, "a whole number below 2^63", v -> v instanceof Long l ? l : null);
  }

  /** The field's number, if present. */
  public OptionalDouble number(String field) {
    Optional<Double> value =
        read(field, "a number", v -> v instanceof Number n ? n.doubleValue() : null);
    return value.isPresent() ? OptionalDouble.of(value.get()) : OptionalDouble.empty();
  }

  /** The field's truth value, if present. */
  public Optional<Boolean> bool(String field) {
    return read(field, "true or false", v -> v instanceof Boolean b ? b : null);
  }

  /** The field's object, if present. */
  public Optional<JsonObject> object(String field) {
    return read(field, "an object", v -> v instanceof Map ? of(source + ": " + field, v) : null);
  }

  /** The field's array, if present. */
  public Optional<List<Object>> array(String field) {
    return read(field, "an array", JsonObject::toList);
  }

  /** An error that names a field and what it should be. */
  public JishiException wrong(String field, String expected) {
    String found = typeOf(fields.get(field));
    return new JishiException.BadFile(
        source + ": '" + field + "' must be " + expected + ", found " + found);
  }

  /** An error for a field that has to be there. */
  public JishiException missing(String field) {
    return new JishiException.BadFile(source + ": '" + field + "' is missing");
  }

  private <T> Optional<T> read(String field, String expected, Function<Object, T> convert) {
    Object value = fields.get(field);
    if (value == null) {
      return Optional.empty();
    }
    T result = convert.apply(value);
    if (result == null) {
      throw wrong(field, expected);
    }
    return Optional.of(result);
  }

  private static Integer toInt(Object value) {
    return switch (value) {
      case Long l when l == l.intValue() -> l.intValue();
      case Double d when d == Math.rint(d) && Math.abs(d) <= Integer.MAX_VALUE -> d.intValue();
      default -> null;
    };
  }

  @SuppressWarnings("unchecked") // Json makes arrays as lists of objects, nothing else
  private static List<Object> toList(Object value) {
    return value instanceof List ? (List<Object>) value : null;
  }

  private static String typeOf(Object value) {
    return switch (value) {
      case null -> "nothing";
      case Map<?, ?> _ -> "an object";
      case List<?> _ -> "an array";
      case String s -> "the string '" + (s.length() > 40 ? s.substring(0, 40) + "…" : s) + "'";
      default -> value.toString();
    };
  }
}
