// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Schemas of supported keywords, some of them contradictory. */
public final class RandomSchema {
  private static final String[] FORMATS = {
    "date", "time", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"
  };
  private static final String[] PATTERNS = {
    "^[a-c]+$", "b", "^x", "[0-9]{2}$", "^(a|\"|é)*$", "^\\w{1,4}-\\d$", "^[^a]\\n?$"
  };
  private final Random random;
  private int depth;

  /** Makes others for another seed. */
  public RandomSchema(Random random) {
    this.random = random;
  }

  /** A schema. */
  public Map<String, Object> root() {
    Map<String, Object> schema = schema();
    Map<String, Object> defs = new LinkedHashMap<>();
    defs.put("thing", object());
    schema.put("$defs", defs);
    return schema;
  }

  private Map<String, Object> schema() {
    if (++depth > 4) {
      depth--;
      return leaf();
    }
    Map<String, Object> out =
        switch (random.nextInt(8)) {
          case 0, 1, 2 -> object();
          case 3 -> array();
          case 4 -> union();
          case 5 -> new LinkedHashMap<>(Map.of("$ref", "#/$defs/thing"));
          default -> leaf();
        };
    depth--;
    return out;
  }

  private Map<String, Object> leaf() {
    Map<String, Object> out = new LinkedHashMap<>();
    switch (random.nextInt(9)) {
      case 0 -> out.put("type", "boolean");
      case 1 -> {
        out.put("type", "string");
        out.put("format", FORMATS[random.nextInt(FORMATS.length)]);
      }
      case 2 -> {
        out.put("type", "string");
        out.put("pattern", PATTERNS[random.nextInt(PATTERNS.length)]);
      }
      case 3 -> {
        out.put("type", "string");
        out.put("minLength", (long) random.nextInt(4));
        out.put("maxLength", (long) random.nextInt(6));
      }
      case 4 -> {
        out.put("type", "integer");
        bounds(out, true);
      }
      case 5 -> {
        out.put("type", "number");
        bounds(out, false);
      }
      case 6 -> {
        List<Object> values = new ArrayList<>(List.of("a", "b\"c", 3L, 2.5, true));
        values.add(null);
        out.put("enum", values.subList(random.nextInt(3), 3 + random.nextInt(4)));
      }
      case 7 -> out.put("type", List.of("string", "null", "integer"));
      default -> out.put("const", random.nextBoolean() ? "fixed" : List.of(1L, "x"));
    }
    return out;
  }

  private void bounds(Map<String, Object> out, boolean whole) {
    double low = random.nextInt(400) / 8.0 - 25;
    double high = low + random.nextInt(800) / 8.0;
    if (random.nextBoolean()) {
      Object value = whole ? (Object) (long) low : (Object) low;
      out.put(random.nextBoolean() ? "minimum" : "exclusiveMinimum", value);
    }
    if (random.nextBoolean()) {
      Object value = whole ? (Object) (long) high : (Object) high;
      out.put(random.nextBoolean() ? "maximum" : "exclusiveMaximum", value);
    }
  }

  private Map<String, Object> object() {
    Map<String, Object> properties = new LinkedHashMap<>();
    List<String> required = new ArrayList<>();
    String[] names = {"a", "name", "na", "\"q", "中"};
    for (String name : names) {
      if (random.nextInt(3) > 0) {
        boolean may = random.nextInt(3) > 0;
        // what refers to itself must not be required
        Map<String, Object> property = may ? schema() : leaf();
        properties.put(name, property);
        if (!may) {
          required.add(name);
        }
      }
    }
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("type", "object");
    out.put("properties", properties);
    if (!required.isEmpty()) {
      out.put("required", required);
    }
    switch (random.nextInt(4)) {
      case 0 -> out.put("additionalProperties", false);
      case 1 -> out.put("additionalProperties", leaf());
      case 2 -> {
        out.put("additionalProperties", false);
        out.put("minProperties", (long) random.nextInt(3));
        out.put("maxProperties", (long) (1 + random.nextInt(5)));
      }
      default -> {}
    }
    return out;
  }

  private Map<String, Object> array() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("type", "array");
    if (random.nextBoolean()) {
      out.put("items", schema());
    }
    if (random.nextInt(3) == 0) {
      out.put("prefixItems", List.of(leaf(), leaf()));
    }
    if (random.nextBoolean()) {
      out.put("minItems", (long) random.nextInt(3));
    }
    if (random.nextBoolean()) {
      out.put("maxItems", (long) random.nextInt(5));
    }
    return out;
  }

  private Map<String, Object> union() {
    Map<String, Object> out = new LinkedHashMap<>();
    switch (random.nextInt(4)) {
      case 0 -> out.put("anyOf", List.of(schema(), schema()));
      case 1 -> out.put("oneOf", List.of(schema(), leaf()));
      case 2 -> out.put("allOf", List.of(object(), object()));
      default -> {
        out.putAll(object());
        out.put("anyOf", List.of(object(), object()));
      }
    }
    return out;
  }
}
