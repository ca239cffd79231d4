// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * A request's fields with their types; a wrong type is the caller's error and names the field.
 *
 * @param path where the object stands in the request, or empty for the request itself
 */
record Fields(String path, JsonObject json) {

  /** The object at a path, or an error where it is none. */
  static Fields of(String path, Object value) {
    String source = path.isEmpty() ? "request" : path;
    try {
      return new Fields(path, JsonObject.of(source, value));
    } catch (JishiException.BadFile e) {
      throw new JishiException.BadRequest(path.isEmpty() ? null : path, e.getMessage());
    }
  }

  boolean has(String field) {
    return json.has(field);
  }

  Object raw(String field) {
    return json.fields().get(field);
  }

  Optional<String> text(String field) {
    return read(field, () -> json.text(field));
  }

  boolean bool(String field) {
    return read(field, () -> json.bool(field)).orElse(false);
  }

  OptionalInt integer(String field) {
    return read(field, () -> json.integer(field));
  }

  Long longInteger(String field) {
    return read(field, () -> json.longInteger(field)).orElse(null);
  }

  float number(String field, double absent) {
    return (float) read(field, () -> json.number(field)).orElse(absent);
  }

  Optional<Fields> object(String field) {
    return read(field, () -> json.object(field)).map(o -> new Fields(param(field), o));
  }

  Optional<List<Object>> array(String field) {
    return read(field, () -> json.array(field));
  }

  /** An error that says what the field should be. */
  JishiException.BadRequest wrong(String field, String expected) {
    var error = has(field) ? json.wrong(field, expected) : json.missing(field);
    return new JishiException.BadRequest(param(field), error.getMessage());
  }

  /** An error about the field in other words. */
  JishiException.BadRequest bad(String field, String message) {
    return new JishiException.BadRequest(param(field), json.source() + ": " + message);
  }

  private <T> T read(String field, Supplier<T> read) {
    try {
      return read.get();
    } catch (JishiException.BadFile e) {
      throw new JishiException.BadRequest(param(field), e.getMessage());
    }
  }

  private String param(String field) {
    return path.isEmpty() ? field : path + "." + field;
  }
}
