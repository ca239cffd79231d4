// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import io.jishi.base.JishiException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One schema within a document, with its typed keywords.
 *
 * @param document the whole, for references
 * @param path where it stands, for errors
 * @param value an object or a truth value
 */
record Schema(Document document, String path, Object value) {

  /**
   * The whole of a schema.
   *
   * @param field the request's field that it came from
   */
  record Document(String field, Object root) {}

  static Schema root(String field, Object value) {
    return new Schema(new Document(field, value), "#", value);
  }

  JishiException.BadRequest bad(String why) {
    String field = document.field();
    return new JishiException.BadRequest(field, field + ": " + path + ": " + why);
  }

  Schema at(String step, Object other) {
    return new Schema(document, path + "/" + step.replace("~", "~0").replace("/", "~1"), other);
  }

  boolean isTrue() {
    return Boolean.TRUE.equals(value) || (value instanceof Map<?, ?> map && map.isEmpty());
  }

  boolean isFalse() {
    return Boolean.FALSE.equals(value);
  }

  /** The keywords without annotations; every one is known. */
  Map<String, Object> keywords() {
    Map<String, Object> out = new LinkedHashMap<>();
    for (var e : map(value, "a schema").entrySet()) {
      if (Keywords.TYPES.containsKey(e.getKey())) {
        out.put(e.getKey(), e.getValue());
      } else if (!Keywords.isAnnotation(e.getKey())) {
        throw at(e.getKey(), null)
            .bad("the keyword '" + e.getKey() + "' is not supported; take it out of the schema");
      }
    }
    return out;
  }

  Object get(String keyword) {
    return value instanceof Map<?, ?> map ? map.get(keyword) : null;
  }

  boolean has(String keyword) {
    return value instanceof Map<?, ?> map && map.containsKey(keyword);
  }

  /** The schema under a keyword, or one that allows everything. */
  Schema sub(String keyword) {
    return at(keyword, has(keyword) ? get(keyword) : Boolean.TRUE);
  }

  @SuppressWarnings("unchecked") // Json makes objects as maps with string keys, nothing else
  private Map<String, Object> map(Object object, String expected) {
    if (object instanceof Map<?, ?> map) {
      return (Map<String, Object>) map;
    }
    throw bad(
        expected + " must be an object" + (expected.equals("a schema") ? ", true or false" : ""));
  }

  /** Named schemas under a keyword. */
  Map<String, Schema> subs(String keyword) {
    Map<String, Schema> out = new LinkedHashMap<>();
    if (has(keyword)) {
      Schema group = at(keyword, get(keyword));
      group.map(group.value, "'" + keyword + "'").forEach((k, v) -> out.put(k, group.at(k, v)));
    }
    return out;
  }

  /** Schemas in a list under a keyword. */
  List<Schema> list(String keyword) {
    Schema group = at(keyword, get(keyword));
    List<Schema> out = new java.util.ArrayList<>();
    for (Object item : group.items(keyword)) {
      out.add(group.at(Integer.toString(out.size()), item));
    }
    if (out.isEmpty()) {
      throw group.bad("at least one schema is needed");
    }
    return out;
  }

  private List<?> items(String keyword) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw bad("'" + keyword + "' must be an array");
  }

  List<?> values(String keyword) {
    return has(keyword) ? at(keyword, get(keyword)).items(keyword) : List.of();
  }

  List<String> texts(String keyword) {
    return values(keyword).stream()
        .map(
            v -> {
              if (v instanceof String s) {
                return s;
              }
              throw at(keyword, v).bad("'" + keyword + "' must be an array of strings");
            })
        .toList();
  }

  /** A count of 0 or more, or what holds where it is absent. */
  int count(String keyword, int absent) {
    if (!has(keyword)) {
      return absent;
    }
    BigDecimal number = number(keyword);
    if (number.signum() < 0 || number.stripTrailingZeros().scale() > 0) {
      throw at(keyword, null).bad("'" + keyword + "' must be a whole number of 0 or more");
    }
    return number.min(BigDecimal.valueOf(Integer.MAX_VALUE - 1)).intValue();
  }

  /** The number under a keyword, or null. */
  BigDecimal number(String keyword) {
    return switch (get(keyword)) {
      case null -> null;
      case Long l -> BigDecimal.valueOf(l);
      case BigInteger b -> new BigDecimal(b);
      case Double d when Math.abs(d) < 1e15 && (d == 0 || Math.abs(d) > 1e-9) ->
          BigDecimal.valueOf(d);
      default ->
          throw at(keyword, null)
              .bad("'" + keyword + "' must be a number between 1e-9 and 1e15 in size");
    };
  }

  String text(String keyword) {
    if (get(keyword) instanceof String s) {
      return s;
    }
    throw at(keyword, null).bad("'" + keyword + "' must be a string");
  }

  /** Types named, or null where none is. */
  List<String> types() {
    if (!has("type")) {
      return null;
    }
    List<String> types = get("type") instanceof String s ? List.of(s) : texts("type");
    for (String type : types) {
      if (!TYPES.contains(type)) {
        throw at("type", null).bad("there is no type '" + type + "'");
      }
    }
    return types;
  }

  static final List<String> TYPES =
      List.of("object", "array", "string", "number", "integer", "boolean", "null");

  /** What a reference points to. */
  Schema target() {
    String ref = text("$ref");
    Schema here = at("$ref", null);
    if (!ref.startsWith("#") || (ref.length() > 1 && ref.charAt(1) != '/')) {
      throw here.bad(
          "'" + ref + "': only references within the schema, such as #/$defs/name, are supported");
    }
    Schema at = new Schema(document, "#", document.root());
    for (String raw : ref.length() < 2 ? new String[0] : ref.substring(2).split("/", -1)) {
      String step = raw.replace("~1", "/").replace("~0", "~").replace("%20", " ");
      Object next =
          switch (at.value) {
            case Map<?, ?> map -> map.get(step);
            case List<?> list
                when step.matches("[0-9]{1,6}") && Integer.parseInt(step) < list.size() ->
                list.get(Integer.parseInt(step));
            default -> null;
          };
      if (next == null) {
        throw here.bad("'" + ref + "' points to nothing");
      }
      at = at.at(step, next);
    }
    return at;
  }
}
