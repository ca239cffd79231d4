// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Schemas that hold together as one: {@code $ref} and {@code allOf} are merged with what stands
 * beside them, {@code anyOf} and {@code oneOf} become a list of alternatives.
 */
final class SchemaMerge {
  private static final Set<String> JOINTS = Set.of("$ref", "allOf", "anyOf", "oneOf");

  /** Alternatives multiply; beyond this the schema is refused. */
  private static final int MAX_ALTERNATIVES = 256;

  private static final int MAX_DEPTH = 64;

  private SchemaMerge() {}

  /** Whether the schema is made of others. */
  static boolean isJoined(Map<String, Object> keywords) {
    return keywords.keySet().stream().anyMatch(JOINTS::contains);
  }

  /** Alternatives without {@code $ref}, {@code allOf}, {@code anyOf}, {@code oneOf}. */
  static List<Schema> alternatives(Schema schema) {
    return alternatives(schema, 0);
  }

  private static List<Schema> alternatives(Schema schema, int depth) {
    if (depth > MAX_DEPTH) {
      throw schema.bad("references lead round in a circle or more than " + MAX_DEPTH + " deep");
    }
    if (schema.value() instanceof Boolean) {
      return List.of(schema);
    }
    Map<String, Object> base = schema.keywords();
    boolean joined = isJoined(base);
    base.keySet().removeAll(JOINTS);
    List<Schema> out = List.of(new Schema(schema.document(), schema.path(), base));
    if (!joined) {
      return out;
    }
    if (schema.has("$ref")) {
      out = product(out, alternatives(schema.target(), depth + 1));
    }
    if (schema.has("allOf")) {
      for (Schema part : schema.list("allOf")) {
        out = product(out, alternatives(part, depth + 1));
      }
    }
    for (String keyword : List.of("anyOf", "oneOf")) {
      if (schema.has(keyword)) {
        List<Schema> union = new ArrayList<>();
        schema.list(keyword).forEach(part -> union.addAll(alternatives(part, depth + 1)));
        if (keyword.equals("oneOf")) {
          Exclusion.check(schema);
        }
        out = product(out, union);
      }
    }
    return out;
  }

  private static List<Schema> product(List<Schema> a, List<Schema> b) {
    List<Schema> out = new ArrayList<>();
    for (Schema x : a) {
      for (Schema y : b) {
        Schema merged = merge(x, y);
        if (!merged.isFalse()) {
          out.add(merged);
        }
        if (out.size() > MAX_ALTERNATIVES) {
          throw x.bad("more than " + MAX_ALTERNATIVES + " combinations of alternatives");
        }
      }
    }
    return out;
  }

  private static Schema merge(Schema a, Schema b) {
    if (a.isTrue() || b.isFalse()) {
      return b;
    }
    if (b.isTrue() || a.isFalse()) {
      return a;
    }
    Map<String, Object> out = new LinkedHashMap<>(a.keywords());
    Schema merged = new Schema(a.document(), b.path(), out);
    b.keywords()
        .forEach(
            (key, value) -> {
              Object old = out.get(key);
              out.put(key, old == null || old.equals(value) ? value : both(key, a, b));
            });
    if (a.has("properties") || b.has("properties")) {
      properties(a, b, out);
    }
    return out.values().stream().anyMatch(v -> v == NOTHING)
        ? new Schema(a.document(), b.path(), Boolean.FALSE)
        : merged;
  }

  private static final Object NOTHING = new Object();

  private static Object both(String key, Schema a, Schema b) {
    return switch (key) {
      case "type" -> types(a.types(), b.types());
      case "enum" -> {
        List<?> common = new ArrayList<>(a.values(key));
        common.removeIf(v -> b.values(key).stream().noneMatch(w -> SchemaCheck.same(v, w)));
        yield common.isEmpty() ? NOTHING : common;
      }
      case "const" -> SchemaCheck.same(a.get(key), b.get(key)) ? a.get(key) : NOTHING;
      case "required" -> {
        Set<String> names = new LinkedHashSet<>(a.texts(key));
        names.addAll(b.texts(key));
        yield new ArrayList<>(names);
      }
      case "properties" -> a.get(key); // properties() does it
      case "items", "additionalProperties", "additionalItems" -> allOf(a.get(key), b.get(key));
      case "minProperties", "minItems", "minLength", "minimum", "exclusiveMinimum" ->
          a.number(key).compareTo(b.number(key)) > 0 ? a.get(key) : b.get(key);
      case "maxProperties", "maxItems", "maxLength", "maximum", "exclusiveMaximum" ->
          a.number(key).compareTo(b.number(key)) < 0 ? a.get(key) : b.get(key);
      default ->
          throw b.at(key, null)
              .bad("two different values of '" + key + "' have to hold together: not supported");
    };
  }

  private static Object types(List<String> a, List<String> b) {
    Set<String> common = new LinkedHashSet<>();
    for (String type : a) {
      if (b.contains(type) || (type.equals("integer") && b.contains("number"))) {
        common.add(type);
      } else if (type.equals("number") && b.contains("integer")) {
        common.add("integer");
      }
    }
    return common.isEmpty() ? NOTHING : new ArrayList<>(common);
  }

  private static void properties(Schema a, Schema b, Map<String, Object> out) {
    Map<String, Schema> of = a.subs("properties");
    Map<String, Schema> with = b.subs("properties");
    Set<String> names = new LinkedHashSet<>(of.keySet());
    names.addAll(with.keySet());
    Map<String, Object> merged = new LinkedHashMap<>();
    for (String name : names) {
      merged.put(name, allOf(property(a, of, name), property(b, with, name)));
    }
    out.put("properties", merged);
  }

  private static Object property(Schema schema, Map<String, Schema> named, String name) {
    return named.containsKey(name)
        ? named.get(name).value()
        : schema.sub("additionalProperties").value();
  }

  private static Object allOf(Object a, Object b) {
    if (Boolean.TRUE.equals(a) || Boolean.FALSE.equals(b) || a.equals(b)) {
      return b;
    }
    if (Boolean.TRUE.equals(b) || Boolean.FALSE.equals(a)) {
      return a;
    }
    Map<String, Object> both = new LinkedHashMap<>();
    both.put("allOf", List.of(a, b));
    return both;
  }
}
