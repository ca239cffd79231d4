// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Values.Range;
import java.util.List;
import java.util.Map;

/** {@code json.dumps} as the filter {@code tojson} of Transformers uses it: no HTML escapes. */
final class JsonText {
  private final boolean ascii;
  private final String indent;
  private final String itemSeparator;
  private final String keySeparator;
  private final boolean sorted;
  private final Budget budget;
  private final StringBuilder out = new StringBuilder();

  private JsonText(Object[] options, Budget budget) {
    this.ascii = Arguments.truth(options[0], false);
    Object given = Arguments.or(options[1], null);
    this.indent =
        given == null
            ? null
            : given instanceof String s ? s : Strings.repeat(" ", Numbers.index(given), budget);
    Object separators = Arguments.or(options[2], null);
    if (separators == null) {
      this.itemSeparator = indent == null ? ", " : ",";
      this.keySeparator = ": ";
    } else {
      List<Object> pair = Python.elements(separators, budget);
      if (pair.size() != 2 || !(pair.get(0) instanceof String s && pair.get(1) instanceof String)) {
        throw Fault.input("separators of tojson must be two strings");
      }
      this.itemSeparator = s;
      this.keySeparator = (String) pair.get(1);
    }
    this.sorted = Arguments.truth(options[3], false);
    this.budget = budget;
  }

  /** {@code value|tojson(ensure_ascii, indent, separators, sort_keys)} */
  static String write(Object value, Arguments arguments, Budget budget) {
    Object[] options =
        arguments.bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
    JsonText json = new JsonText(options, budget);
    json.value(value, 0);
    return json.out.toString();
  }

  private void value(Object value, int level) {
    budget.enter();
    switch (value) {
      case null -> put("null");
      case Boolean b -> put(b.toString());
      case Number n -> put(number(n));
      case String s -> string(s);
      case List<?> list when !(list instanceof Range) -> list(list, level);
      case Map<?, ?> map -> map(map, level);
      default ->
          throw Fault.input(
              "Object of type " + Python.typeName(value) + " is not JSON serializable");
    }
    budget.leave();
  }

  private void put(String text) {
    out.append(budget.text(text));
  }

  private static String number(Number number) {
    if (number instanceof Double d && (d.isNaN() || d.isInfinite())) {
      return d.isNaN() ? "NaN" : d > 0 ? "Infinity" : "-Infinity";
    }
    return Numbers.repr(number);
  }

  private void list(List<?> list, int level) {
    if (list.isEmpty()) {
      put("[]");
      return;
    }
    put("[");
    String separator = "";
    for (Object item : list) {
      put(separator);
      line(level + 1);
      value(item, level + 1);
      separator = itemSeparator;
    }
    line(level);
    put("]");
  }

  private void map(Map<?, ?> map, int level) {
    if (map.isEmpty()) {
      put("{}");
      return;
    }
    put("{");
    String separator = "";
    List<Object> entries = Access.pairs(map, budget);
    if (sorted) {
      entries.sort(
          (a, b) ->
              Python.compare(((List<?>) a).getFirst(), ((List<?>) b).getFirst(), "<", budget));
    }
    for (Object entry : entries) {
      put(separator);
      line(level + 1);
      key(((List<?>) entry).get(0));
      put(keySeparator);
      value(((List<?>) entry).get(1), level + 1);
      separator = itemSeparator;
    }
    line(level);
    put("}");
  }

  private void key(Object key) {
    switch (key) {
      case null -> put("\"null\"");
      case String s -> string(s);
      case Boolean b -> put("\"" + b + "\"");
      case Number n -> put("\"" + number(n) + "\"");
      default ->
          throw Fault.input(
              "keys must be str, int, float, bool or None, not " + Python.typeName(key));
    }
  }

  private void line(int level) {
    if (indent != null) {
      put("\n" + Strings.repeat(indent, level, budget));
    }
  }

  private void string(String text) {
    budget.chars(text.length() + 2L);
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int simple = "\"\\\n\r\t\b\f".indexOf(c);
      if (simple >= 0) {
        out.append('\\').append("\"\\nrtbf".charAt(simple));
      } else if (c < 0x20 || (ascii && c > 0x7e && c != Strings.MARK && c != 0x7f)) {
        put(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
