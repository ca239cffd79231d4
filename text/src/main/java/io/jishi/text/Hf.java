// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Fields that several parts of {@code tokenizer.json} share. */
final class Hf {
  private Hf() {}

  static String type(JsonObject json) {
    return text(json, "type");
  }

  static String text(JsonObject json, String field) {
    return json.text(field).orElseThrow(() -> json.missing(field));
  }

  /** The objects of an array. */
  static List<JsonObject> objects(JsonObject json, String field) {
    List<Object> items = json.array(field).orElseThrow(() -> json.missing(field));
    return IntStream.range(0, items.size())
        .mapToObj(i -> JsonObject.of(json.source() + ": " + field + "[" + i + "]", items.get(i)))
        .toList();
  }

  /** The field {@code pattern} where it is {@code {"String": …}}. */
  static Optional<String> literalPattern(JsonObject json) {
    return json.object("pattern").flatMap(pattern -> pattern.text("String"));
  }

  /** The field {@code pattern}, {@code {"String": …}} or {@code {"Regex": …}}. */
  static BoundedPattern pattern(JsonObject json) {
    JsonObject pattern = json.object("pattern").orElseThrow(() -> json.missing("pattern"));
    Optional<String> literal = pattern.text("String");
    return literal.isPresent()
        ? BoundedPattern.literal(json.source(), literal.get())
        : BoundedPattern.of(json.source(), text(pattern, "Regex"));
  }
}
