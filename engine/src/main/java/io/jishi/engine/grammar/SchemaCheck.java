// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/** Whether a value fits a schema: the keywords of {@link Keywords}, without {@code format}. */
final class SchemaCheck {
  private static final int MAX_DEPTH = 300;

  private SchemaCheck() {}

  static boolean holds(Object value, Schema schema) {
    return holds(value, schema, 0);
  }

  private static boolean holds(Object value, Schema schema, int depth) {
    if (depth > MAX_DEPTH) {
      throw schema.bad("references lead round in a circle");
    }
    if (schema.value() instanceof Boolean truth) {
      return truth;
    }
    for (String keyword : schema.keywords().keySet()) {
      if (!keyword(keyword, value, schema, depth + 1)) {
        return false;
      }
    }
    return true;
  }

  private static boolean keyword(String keyword, Object value, Schema s, int depth) {
    return switch (keyword) {
      case "type" -> s.types().stream().anyMatch(type -> isType(value, type));
      case "enum" -> s.values("enum").stream().anyMatch(v -> same(v, value));
      case "const" -> same(s.get("const"), value);
      case "$ref" -> holds(value, s.target(), depth);
      case "allOf" -> s.list("allOf").stream().allMatch(p -> holds(value, p, depth));
      case "anyOf" -> s.list("anyOf").stream().anyMatch(p -> holds(value, p, depth));
      case "oneOf" -> s.list("oneOf").stream().filter(p -> holds(value, p, depth)).count() == 1;
      default ->
          switch (value) {
            case Map<?, ?> map -> object(keyword, map, s, depth);
            case List<?> list -> array(keyword, list, s, depth);
            case String text -> string(keyword, text, s);
            case Number number -> number(keyword, decimal(number), s);
            case null, default -> true;
          };
    };
  }

  private static boolean object(String keyword, Map<?, ?> map, Schema s, int depth) {
    return switch (keyword) {
      case "properties" ->
          s.subs("properties").entrySet().stream()
              .allMatch(
                  e ->
                      !map.containsKey(e.getKey())
                          || holds(map.get(e.getKey()), e.getValue(), depth));
      case "additionalProperties" -> {
        Map<String, Schema> named = s.subs("properties");
        yield map.entrySet().stream()
            .filter(e -> !named.containsKey((String) e.getKey()))
            .allMatch(e -> holds(e.getValue(), s.sub(keyword), depth));
      }
      case "required" -> s.texts("required").stream().allMatch(map::containsKey);
      case "minProperties" -> map.size() >= s.count(keyword, 0);
      case "maxProperties" -> map.size() <= s.count(keyword, 0);
      default -> true;
    };
  }

  private static boolean array(String keyword, List<?> list, Schema s, int depth) {
    boolean old = s.get("items") instanceof List;
    List<Schema> prefix =
        s.has("prefixItems") ? s.list("prefixItems") : old ? s.list("items") : List.of();
    return switch (keyword) {
      case "prefixItems", "items", "additionalItems" -> {
        Schema rest = s.sub(old ? "additionalItems" : "items");
        for (int i = 0; i < list.size(); i++) {
          if (!holds(list.get(i), i < prefix.size() ? prefix.get(i) : rest, depth)) {
            yield false;
          }
        }
        yield true;
      }
      case "minItems" -> list.size() >= s.count(keyword, 0);
      case "maxItems" -> list.size() <= s.count(keyword, 0);
      case "uniqueItems" -> {
        for (int i = 0; i < list.size(); i++) {
          for (int k = 0; k < i && Boolean.TRUE.equals(s.get(keyword)); k++) {
            if (same(list.get(i), list.get(k))) {
              yield false;
            }
          }
        }
        yield true;
      }
      default -> true;
    };
  }

  private static boolean string(String keyword, String text, Schema s) {
    int length = text.codePointCount(0, text.length());
    return switch (keyword) {
      case "minLength" -> length >= s.count(keyword, 0);
      case "maxLength" -> length <= s.count(keyword, 0);
      case "pattern" -> matches(s.text(keyword), text, s);
      default -> true;
    };
  }

  /** By our own automaton: no pattern makes it slow. */
  private static boolean matches(String pattern, String text, Schema s) {
    Expr expr = RegexParser.parse(s.path() + "/pattern", pattern, Expr.Chars::new, true);
    Automaton automaton =
        Automaton.compile(new Rules(s.document().field(), Map.of("root", expr), "root"));
    Configs configs = new Configs(automaton);
    Config at = configs.start();
    for (byte b : text.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
      at = configs.step(at, b & 0xFF);
    }
    return at.done;
  }

  private static boolean number(String keyword, BigDecimal n, Schema s) {
    return switch (keyword) {
      case "minimum" -> n.compareTo(s.number(keyword)) >= 0;
      case "maximum" -> n.compareTo(s.number(keyword)) <= 0;
      case "exclusiveMinimum" -> n.compareTo(s.number(keyword)) > 0;
      case "exclusiveMaximum" -> n.compareTo(s.number(keyword)) < 0;
      case "multipleOf" -> n.remainder(s.number(keyword)).signum() == 0;
      default -> true;
    };
  }

  private static boolean isType(Object value, String type) {
    return switch (value) {
      case null -> type.equals("null");
      case Boolean _ -> type.equals("boolean");
      case String _ -> type.equals("string");
      case List<?> _ -> type.equals("array");
      case Map<?, ?> _ -> type.equals("object");
      case Number n ->
          type.equals("number")
              || type.equals("integer") && decimal(n).stripTrailingZeros().scale() <= 0;
      default -> false;
    };
  }

  private static BigDecimal decimal(Number n) {
    return switch (n) {
      case Double d when Double.isInfinite(d) -> BigDecimal.valueOf(Double.MAX_VALUE);
      case Double d -> BigDecimal.valueOf(d);
      case BigInteger b -> new BigDecimal(b);
      default -> BigDecimal.valueOf(n.longValue());
    };
  }

  /** Equality of JSON: numbers by value. */
  static boolean same(Object a, Object b) {
    return switch (a) {
      case Number n -> b instanceof Number m && decimal(n).compareTo(decimal(m)) == 0;
      case List<?> list -> b instanceof List<?> other && sameItems(list, other);
      case Map<?, ?> map ->
          b instanceof Map<?, ?> other
              && map.keySet().equals(other.keySet())
              && map.keySet().stream().allMatch(k -> same(map.get(k), other.get(k)));
      case null -> b == null;
      default -> a.equals(b);
    };
  }

  private static boolean sameItems(List<?> a, List<?> b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!same(a.get(i), b.get(i))) {
        return false;
      }
    }
    return true;
  }
}
