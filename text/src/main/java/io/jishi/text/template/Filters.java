// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Values.Generator;
import io.jishi.text.template.Values.Safe;
import io.jishi.text.template.Values.Undefined;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The filters of Jinja that work on one value; those on sequences are {@link SequenceFilters}. */
final class Filters {
  /** What a filter does. */
  interface Body {
    Object apply(Object value, Arguments arguments, Budget budget);
  }

  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}_]+");
  private static final Pattern TITLE_BREAK = Pattern.compile("[-\\s({\\[<]+");
  private static final Map<String, Body> ALL = all();

  private Filters() {}

  static boolean has(String name) {
    return ALL.containsKey(name);
  }

  /** {@code value|name(…)} */
  static Object apply(String name, Object value, Arguments arguments, Budget budget) {
    Body body = ALL.get(name);
    if (body == null) {
      throw Fault.unsupported("No filter named '" + name + "' found.");
    }
    budget.enter();
    budget.scan(value);
    Object result = body.apply(value, arguments, budget);
    budget.leave();
    return result;
  }

  private static Map<String, Body> all() {
    Map<String, Body> filters = new HashMap<>(SequenceFilters.ALL);
    filters.put("tojson", JsonText::write);
    filters.put("abs", (v, a, b) -> abs(v));
    filters.put("attr", (v, a, b) -> attr(v, a, b));
    filters.put("default", Filters::standard);
    filters.put("d", Filters::standard);
    filters.put("escape", (v, a, b) -> new Safe(escape(Python.text(v, b), b)));
    filters.put("e", filters.get("escape"));
    filters.put("forceescape", filters.get("escape"));
    filters.put("float", Filters::toFloat);
    filters.put("format", Filters::format);
    filters.put("indent", Filters::indent);
    filters.put("int", Filters::toInt);
    filters.put("items", (v, a, b) -> items(v, b));
    filters.put("length", (v, a, b) -> Python.length(v, b));
    filters.put("count", filters.get("length"));
    filters.put("replace", Filters::replace);
    filters.put("round", Filters::round);
    filters.put("safe", (v, a, b) -> new Safe(Python.text(v, b)));
    filters.put("string", (v, a, b) -> Python.text(v, b));
    filters.put("title", (v, a, b) -> title(Python.text(v, b), b));
    filters.put("truncate", Filters::truncate);
    filters.put("trim", text("strip"));
    filters.put("upper", text("upper"));
    filters.put("lower", text("lower"));
    filters.put("capitalize", text("capitalize"));
    filters.put("center", Filters::center);
    filters.put("wordcount", (v, a, b) -> WORD.matcher(Python.text(v, b)).results().count());
    return Map.copyOf(filters);
  }

  /** A filter that is a method of the value's text. */
  private static Body text(String method) {
    return (value, arguments, budget) ->
        StringMethods.call(Python.text(value, budget), method, arguments, budget);
  }

  private static Object abs(Object value) {
    if (!Numbers.isNumber(value)) {
      throw Python.undefined(value)
          .orElse(Fault.input("bad operand type for abs(): '" + Python.typeName(value) + "'"));
    }
    return Numbers.compare(value, 0L) < 0 ? Numbers.negate(value) : Numbers.number(value);
  }

  private static Object attr(Object value, Arguments arguments, Budget budget) {
    Object name = arguments.bind("attr", 1, "name")[0];
    Object found =
        name instanceof String s ? Access.attributeOrAbsent(value, s, budget) : Arguments.ABSENT;
    return found == Arguments.ABSENT ? Undefined.member(value, name) : found;
  }

  private static Object standard(Object value, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind("default", 0, "default_value", "boolean");
    boolean missing =
        value instanceof Undefined || (Arguments.truth(bound[1], false) && !Python.truth(value));
    return missing ? Arguments.or(bound[0], "") : value;
  }

  static String escape(String text, Budget budget) {
    budget.chars(6L * text.length());
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }

  /** The whole part of a float, as an integer. */
  static Number truncated(double value) {
    return Numbers.narrow(new BigDecimal(value).toBigInteger());
  }

  private static Object toInt(Object value, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind("int", 0, "default", "base");
    Object standard = Arguments.or(bound[0], 0L);
    if (value instanceof String s) {
      Number integer = Numbers.parseInteger(s, Arguments.integer(bound[1], 10));
      Double number = integer == null ? Numbers.parseFloat(s) : null;
      boolean finite = number != null && !number.isNaN() && !number.isInfinite();
      return integer != null ? integer : finite ? truncated(number) : standard;
    }
    return switch (value) {
      case Double d -> d.isNaN() || d.isInfinite() ? standard : truncated(d);
      case Undefined u -> throw u.fault();
      case null, default -> Numbers.isInteger(value) ? Numbers.number(value) : standard;
    };
  }

  private static Object toFloat(Object value, Arguments arguments, Budget budget) {
    Object standard = Arguments.or(arguments.bind("float", 0, "default")[0], 0.0);
    return switch (value) {
      case String s -> {
        Double number = Numbers.parseFloat(s);
        yield number == null ? standard : number;
      }
      case Undefined u -> throw u.fault();
      case null, default ->
          Numbers.isNumber(value) ? (Object) Numbers.number(value).doubleValue() : standard;
    };
  }

  private static Object format(Object value, Arguments arguments, Budget budget) {
    Object values =
        arguments.named().isEmpty() ? new Values.Tuple(arguments.positional()) : arguments.named();
    return Format.percent(Python.text(value, budget), values, budget);
  }

  private static Object indent(Object value, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind("indent", 0, "width", "first", "blank");
    Object width = Arguments.or(bound[0], 4L);
    String blanks =
        width instanceof String s ? s : Strings.repeat(" ", Numbers.index(width), budget);
    if (!(value instanceof String text)) {
      throw Python.undefined(value).orElse(Fault.input("indent needs text"));
    }
    boolean blankLines = Arguments.truth(bound[2], false);
    StringBuilder out = new StringBuilder();
    boolean first = true;
    for (Object line : Strings.lines(text + "\n", false, budget)) {
      String content = (String) line;
      boolean indented =
          first ? Arguments.truth(bound[1], false) : blankLines || !content.isEmpty();
      budget.chars(1L + content.length() + (indented ? blanks.length() : 0));
      out.append(first ? "" : "\n").append(indented ? blanks : "").append(content);
      first = false;
    }
    return out.toString();
  }

  private static Object items(Object value, Budget budget) {
    if (value instanceof Undefined) {
      return new Generator(List.of());
    }
    if (!(value instanceof Map<?, ?> map)) {
      throw Fault.input("Can only get item pairs from a mapping.");
    }
    return new Generator(Access.pairs(map, budget));
  }

  private static Object replace(Object value, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind("replace", 2, "old", "new", "count");
    Object count = Arguments.or(bound[2], null);
    return StringMethods.replace(
        Python.text(value, budget),
        Python.text(bound[0], budget),
        Python.text(bound[1], budget),
        count == null ? -1 : Numbers.index(count),
        budget);
  }

  private static Object round(Object value, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind("round", 0, "precision", "method");
    int precision = Arguments.integer(bound[0], 0);
    String method = Python.text(Arguments.or(bound[1], "common"), budget);
    if (!Numbers.isNumber(value) || Math.abs(precision) > 400) {
      throw Python.undefined(value)
          .orElse(Fault.input("type " + Python.typeName(value) + " cannot be rounded"));
    }
    RoundingMode mode =
        switch (method) {
          case "common" -> RoundingMode.HALF_EVEN;
          case "ceil" -> RoundingMode.CEILING;
          case "floor" -> RoundingMode.FLOOR;
          default -> throw Fault.input("method must be common, ceil or floor");
        };
    Number number = Numbers.number(value);
    double given = number.doubleValue();
    boolean common = mode == RoundingMode.HALF_EVEN;
    if (Double.isNaN(given) || Double.isInfinite(given)) {
      return given;
    }
    if (!common) {
      double scale = Math.pow(10, precision);
      double scaled = given * scale;
      return (mode == RoundingMode.CEILING ? Math.ceil(scaled) : Math.floor(scaled)) / scale;
    }
    if (number instanceof Double) {
      return new BigDecimal(given).setScale(precision, mode).doubleValue();
    }
    BigDecimal integer = new BigDecimal(Numbers.big(number));
    return Numbers.narrow(integer.setScale(Math.min(0, precision), mode).toBigInteger());
  }

  private static String title(String text, Budget budget) {
    budget.chars(text.length());
    StringBuilder out = new StringBuilder();
    var breaks = TITLE_BREAK.matcher(text);
    int at = 0;
    while (at < text.length()) {
      boolean more = breaks.find(at);
      int end = more ? breaks.start() : text.length();
      if (end > at) {
        int first = text.offsetByCodePoints(at, 1);
        out.append(text.substring(at, first).toUpperCase(java.util.Locale.ROOT));
        out.append(text.substring(first, end).toLowerCase(java.util.Locale.ROOT));
      }
      at = more ? breaks.end() : end;
      out.append(more ? breaks.group() : "");
    }
    return out.toString();
  }

  private static Object truncate(Object value, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind("truncate", 0, "length", "killwords", "end", "leeway");
    String text = Python.text(value, budget);
    String end = Python.text(Arguments.or(bound[2], "..."), budget);
    int length = Arguments.integer(bound[0], 255);
    int leeway = Arguments.integer(bound[3], 5);
    int kept = length - Strings.length(end);
    if (kept < 0 || leeway < 0) {
      throw Fault.input("truncate expects a length of at least that of its end");
    }
    if (Strings.length(text) <= (long) length + leeway) {
      return text;
    }
    String head = budget.text(text.substring(0, Strings.offset(text, kept)));
    int blank = head.lastIndexOf(' ');
    boolean cut = !Arguments.truth(bound[1], false) && blank >= 0;
    return (cut ? head.substring(0, blank) : head) + end;
  }

  private static Object center(Object value, Arguments arguments, Budget budget) {
    int width = Arguments.integer(arguments.bind("center", 0, "width")[0], 80);
    return StringMethods.center(Python.text(value, budget), width, " ", budget);
  }
}
