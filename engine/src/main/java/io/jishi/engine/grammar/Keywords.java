// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.Map;
import java.util.Set;

/**
 * The keywords of JSON Schema (2020-12, with the older spellings that are still common) and what
 * becomes of them.
 *
 * <table>
 * <caption>Keywords</caption>
 * <tr><th>keyword</th><th>support</th></tr>
 * <tr><td>type (one or several), enum, const, true, false</td><td>yes</td></tr>
 * <tr><td>properties, required</td><td>yes; written in the order of the schema</td></tr>
 * <tr><td>additionalProperties</td><td>yes. Absent means none where properties are named: what is
 * written is then still valid. Further names are written without escapes and may repeat</td></tr>
 * <tr><td>minProperties, maxProperties</td><td>yes; more than one further name cannot be
 * demanded</td></tr>
 * <tr><td>items, prefixItems, additionalItems, minItems, maxItems</td><td>yes</td></tr>
 * <tr><td>minLength, maxLength</td><td>yes, in characters</td></tr>
 * <tr><td>pattern</td><td>yes, without look-around and back references; not together with minLength
 * or maxLength</td></tr>
 * <tr><td>format</td><td>date, time, date-time, duration, email, hostname, ipv4, ipv6, uri,
 * uuid</td></tr>
 * <tr><td>minimum, maximum, exclusiveMinimum, exclusiveMaximum</td><td>yes; bounded numbers have no
 * exponent, no number has more than 15 digits before or after the point</td></tr>
 * <tr><td>multipleOf</td><td>1 on integers</td></tr>
 * <tr><td>anyOf, allOf, $ref within the schema, $defs, definitions</td><td>yes, recursion
 * too</td></tr>
 * <tr><td>oneOf</td><td>where it can be seen that the alternatives exclude each other: other types,
 * other values of a required property, a required property that another forbids</td></tr>
 * <tr><td>uniqueItems</td><td>false, or with maxItems of at most 1</td></tr>
 * <tr><td>title, description, default, examples, deprecated, readOnly, writeOnly, $schema, $id,
 * $comment, x-…</td><td>say nothing about validity</td></tr>
 * <tr><td>not, if, then, else, contains, patternProperties, propertyNames, dependentRequired,
 * dependentSchemas, unevaluated…, $dynamicRef, $anchor, content…, and unknown ones</td><td>refused,
 * with their path</td></tr>
 * </table>
 *
 * <p>A schema without {@code type} gives values of the types that its keywords speak of, or of any
 * type where none does.
 */
final class Keywords {
  static final Set<String> ANNOTATIONS =
      Set.of(
          "title",
          "description",
          "default",
          "examples",
          "example",
          "deprecated",
          "readOnly",
          "writeOnly",
          "$schema",
          "$id",
          "$comment",
          "$defs",
          "definitions");

  /** The type that a keyword speaks of; "" for all. */
  static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("type", ""),
          Map.entry("enum", ""),
          Map.entry("const", ""),
          Map.entry("$ref", ""),
          Map.entry("anyOf", ""),
          Map.entry("oneOf", ""),
          Map.entry("allOf", ""),
          Map.entry("properties", "object"),
          Map.entry("required", "object"),
          Map.entry("additionalProperties", "object"),
          Map.entry("minProperties", "object"),
          Map.entry("maxProperties", "object"),
          Map.entry("items", "array"),
          Map.entry("prefixItems", "array"),
          Map.entry("additionalItems", "array"),
          Map.entry("minItems", "array"),
          Map.entry("maxItems", "array"),
          Map.entry("uniqueItems", "array"),
          Map.entry("minLength", "string"),
          Map.entry("maxLength", "string"),
          Map.entry("pattern", "string"),
          Map.entry("format", "string"),
          Map.entry("minimum", "number"),
          Map.entry("maximum", "number"),
          Map.entry("exclusiveMinimum", "number"),
          Map.entry("exclusiveMaximum", "number"),
          Map.entry("multipleOf", "number"));

  private Keywords() {}

  static boolean isAnnotation(String keyword) {
    return ANNOTATIONS.contains(keyword) || keyword.startsWith("x-");
  }
}
