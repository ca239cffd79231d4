// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Whether the alternatives of {@code oneOf} exclude each other, as far as can be seen. */
final class Exclusion {
  private Exclusion() {}

  /** Refuses alternatives of which one value might fit two. */
  static void check(Schema schema) {
    List<Schema> parts = schema.list("oneOf");
    List<List<Schema>> all = new ArrayList<>();
    parts.forEach(part -> all.add(SchemaMerge.alternatives(part)));
    for (int i = 0; i < all.size(); i++) {
      for (int k = i + 1; k < all.size(); k++) {
        for (Schema a : all.get(i)) {
          for (Schema b : all.get(k)) {
            if (!exclude(a, b)) {
              throw schema
                  .at("oneOf", null)
                  .bad(
                      "alternatives "
                          + i
                          + " and "
                          + k
                          + " might both hold for a value; use anyOf, or tell them apart by type or"
                          + " by a required property with a const");
            }
          }
        }
      }
    }
  }

  private static boolean exclude(Schema a, Schema b) {
    if (a.isFalse() || b.isFalse()) {
      return true;
    }
    List<?> values = values(a);
    if (values != null) {
      return values.stream().noneMatch(v -> SchemaCheck.holds(v, b));
    }
    values = values(b);
    if (values != null) {
      return values.stream().noneMatch(v -> SchemaCheck.holds(v, a));
    }
    Set<String> common = Set.copyOf(types(a));
    return types(b).stream()
        .filter(common::contains)
        .allMatch(type -> type.equals("object") && objectsExclude(a, b));
  }

  /** The values of an enumeration, or null. */
  private static List<?> values(Schema schema) {
    if (schema.has("const")) {
      return java.util.Collections.singletonList(schema.get("const"));
    }
    return schema.has("enum") ? schema.values("enum") : null;
  }

  private static List<String> types(Schema schema) {
    List<String> types = schema.types();
    if (types == null) {
      return List.of("object", "array", "string", "number", "boolean", "null");
    }
    return types.stream().map(t -> t.equals("integer") ? "number" : t).toList();
  }

  private static boolean objectsExclude(Schema a, Schema b) {
    Map<String, Schema> of = a.subs("properties");
    Map<String, Schema> with = b.subs("properties");
    List<String> needsA = a.texts("required");
    List<String> needsB = b.texts("required");
    for (String name : needsA) {
      if (with.containsKey(name) ? excludes(of.get(name), with.get(name)) : closed(b)) {
        return true;
      }
    }
    for (String name : needsB) {
      boolean named = of.containsKey(name);
      if (named ? with.containsKey(name) && excludes(of.get(name), with.get(name)) : closed(a)) {
        return true;
      }
    }
    return false;
  }

  private static boolean closed(Schema schema) {
    return schema.sub("additionalProperties").isFalse();
  }

  /** Only a property that one of them needs is sure to be there. */
  private static boolean excludes(Schema a, Schema b) {
    if (a == null || b == null) {
      return false;
    }
    for (Schema x : SchemaMerge.alternatives(a)) {
      for (Schema y : SchemaMerge.alternatives(b)) {
        boolean plain = values(x) != null || values(y) != null || !types(x).contains("object");
        if (!plain || !exclude(x, y)) {
          return false;
        }
      }
    }
    return true;
  }
}
