// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Values.Tuple;
import io.jishi.text.template.Values.Undefined;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's two ways to put values into text: {@code "{}".format(x)} and {@code "%s" % x}. */
final class Format {
  private static final Pattern FIELD =
      Pattern.compile("([^.\\[]*)((?:\\.[^.\\[]+|\\[[^\\]]+\\])*)");
  private static final Pattern STEP = Pattern.compile("\\.([^.\\[]+)|\\[([^\\]]+)\\]");
  private static final Pattern PERCENT =
      Pattern.compile(
          "%(?:\\(([^)]*)\\))?([-#0 +]*)(\\*|\\d{0,9})(?:\\.(\\d{0,9}))?[hlL]?(.?)",
          Pattern.DOTALL);

  private Format() {}

  /** {@code template.format(…)} */
  static String format(String template, Arguments arguments, Budget budget) {
    StringBuilder out = new StringBuilder();
    int next = 0;
    int i = 0;
    while (i < template.length()) {
      char c = template.charAt(i++);
      boolean doubled = i < template.length() && template.charAt(i) == c;
      if (c != '{' && c != '}') {
        out.append(c);
      } else if (doubled) {
        out.append(c);
        i++;
      } else if (c == '}') {
        throw Fault.input("Single '}' encountered in format string");
      } else {
        int end = fieldEnd(template, i);
        String field = template.substring(i, end);
        String value = budget.text(field(field, arguments, next, budget));
        next += field.isEmpty() || ":!.[".indexOf(field.charAt(0)) >= 0 ? 1 : 0;
        out.append(value);
        i = end + 1;
      }
    }
    return budget.text(out.toString());
  }

  private static int fieldEnd(String template, int from) {
    int end = template.indexOf('}', from);
    if (end < 0) {
      throw Fault.input("expected '}' before end of string");
    }
    if (template.substring(from, end).indexOf('{') >= 0) {
      throw Fault.unsupported("fields within fields of a format are not supported");
    }
    return end;
  }

  private static String field(String field, Arguments arguments, int next, Budget budget) {
    int colon = field.indexOf(':');
    String head = colon < 0 ? field : field.substring(0, colon);
    String spec = colon < 0 ? "" : field.substring(colon + 1);
    int bang = head.indexOf('!');
    Object value = lookUp(bang < 0 ? head : head.substring(0, bang), arguments, next, budget);
    String conversion = bang < 0 ? "" : head.substring(bang + 1);
    return switch (conversion) {
      case "" -> FormatSpec.parse(spec).apply(value, budget);
      case "s" -> FormatSpec.parse(spec).apply(Python.text(value, budget), budget);
      case "r", "a" -> FormatSpec.parse(spec).apply(Python.repr(value, budget), budget);
      default -> throw Fault.input("Unknown conversion specifier '" + conversion + "'");
    };
  }

  private static Object lookUp(String path, Arguments arguments, int next, Budget budget) {
    Matcher matcher = FIELD.matcher(path);
    if (!matcher.matches()) {
      throw Fault.input("a format field that cannot be read: '" + path + "'");
    }
    String name = matcher.group(1);
    boolean numbered = name.isEmpty() || name.matches("\\d{1,9}");
    Object value;
    if (numbered) {
      int index = name.isEmpty() ? next : Integer.parseInt(name);
      if (index >= arguments.positional().size()) {
        throw Fault.input("Replacement index " + index + " out of range for positional args tuple");
      }
      value = arguments.positional().get(index);
    } else {
      value = arguments.named().getOrDefault(name, Arguments.ABSENT);
      if (value == Arguments.ABSENT) {
        throw Fault.input("format() is missing the argument '" + name + "'");
      }
    }
    Matcher steps = STEP.matcher(matcher.group(2));
    while (steps.find()) {
      String index = steps.group(2);
      value =
          index == null
              ? Access.attribute(value, steps.group(1), budget)
              : Access.item(value, index.matches("\\d{1,9}") ? Long.valueOf(index) : index, budget);
    }
    return value;
  }

  /** {@code format % values} */
  static String percent(String format, Object values, Budget budget) {
    List<?> list = values instanceof Tuple t ? t : java.util.Collections.singletonList(values);
    budget.search(format, format); // each % may look for its bracket as far as the end
    Matcher matcher = PERCENT.matcher(format);
    StringBuilder out = new StringBuilder();
    int next = 0;
    int at = 0;
    while (matcher.find(at)) {
      out.append(format, at, matcher.start());
      at = matcher.end();
      String kind = matcher.group(5);
      if (kind.equals("%")) {
        out.append('%');
        continue;
      }
      Object value;
      if (matcher.group(1) != null) {
        value = Access.item(values, matcher.group(1), budget);
      } else if (next < list.size()) {
        value = list.get(next++);
      } else {
        throw Fault.input("not enough arguments for format string");
      }
      out.append(budget.text(converted(matcher, kind, value, budget)));
    }
    boolean mayRemain =
        values instanceof Map<?, ?> || (values instanceof List<?> && list != values);
    if (next < list.size() && !mayRemain) {
      throw Fault.input("not all arguments converted during string formatting");
    }
    return budget.text(out.append(format.substring(at)).toString());
  }

  private static String converted(Matcher matcher, String kind, Object value, Budget budget) {
    String flags = matcher.group(2);
    if (matcher.group(3).equals("*")) {
      throw Fault.unsupported("'%*' in a format is not supported");
    }
    String width = matcher.group(3);
    String precision =
        matcher.group(4) == null ? "" : "." + (matcher.group(4).isEmpty() ? "0" : matcher.group(4));
    boolean text = kind.equals("s") || kind.equals("r") || kind.equals("a");
    boolean left = flags.contains("-");
    String sign = text ? "" : flags.contains("+") ? "+" : flags.contains(" ") ? " " : "";
    String zero = !text && !left && flags.contains("0") ? "0" : "";
    String spec = (left ? "<" : ">") + sign + (zero.isEmpty() ? "" : "0") + width + precision;
    if (!zero.isEmpty()) {
      spec = spec.substring(1);
    }
    return switch (kind) {
      case "s" -> FormatSpec.parse(spec).apply(Python.text(value, budget), budget);
      case "r", "a" -> FormatSpec.parse(spec).apply(Python.repr(value, budget), budget);
      case "d", "i", "u", "x", "X", "o", "e", "E", "f", "F", "g", "G" -> {
        if (!Numbers.isNumber(value)) {
          throw value instanceof Undefined u
              ? u.fault()
              : Fault.input(
                  "%" + kind + " format: a real number is required, not " + Python.typeName(value));
        }
        boolean decimal = "diu".contains(kind);
        Object number =
            decimal && value instanceof Double d ? Filters.truncated(d) : Numbers.number(value);
        yield FormatSpec.parse(spec + (decimal ? "d" : kind)).apply(number, budget);
      }
      default -> throw Fault.input("unsupported format character '" + kind + "'");
    };
  }
}
