// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Values.Builtin;
import io.jishi.text.template.Values.Namespace;
import io.jishi.text.template.Values.Range;
import io.jishi.text.template.Values.Scope;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** The functions that every template finds: Jinja's, and those that Transformers adds. */
final class Globals {
  private Globals() {}

  /** The outermost scope of a rendering. */
  static Scope scope(Clock clock, Budget budget) {
    Scope scope = new Scope(null);
    define(scope, "range", arguments -> range(arguments));
    define(scope, "dict", arguments -> dict("dict", arguments, budget));
    define(
        scope,
        "namespace",
        arguments -> {
          Map<String, Object> members = new LinkedHashMap<>();
          dict("namespace", arguments, budget)
              .forEach((key, value) -> members.put(Python.text(key, budget), value));
          return new Namespace(members);
        });
    define(
        scope,
        "raise_exception",
        arguments -> {
          Object message = arguments.bind("raise_exception", 1, "message")[0];
          throw Fault.raised(Python.text(message, budget));
        });
    define(
        scope,
        "strftime_now",
        arguments -> {
          Object format = arguments.bind("strftime_now", 1, "format")[0];
          String text = Python.text(format, budget);
          budget.chars(20L * text.length());
          return formatted(text, ZonedDateTime.now(clock));
        });
    define(scope, "joiner", arguments -> joiner(arguments));
    return scope;
  }

  private static void define(Scope scope, String name, Function<Arguments, Object> body) {
    scope.set(name, new Builtin(name, body));
  }

  private static Range range(Arguments arguments) {
    Object[] bound = arguments.bind("range", 1, "start", "stop", "step");
    boolean single = bound[1] == Arguments.ABSENT;
    return new Range(
        single ? 0 : whole(bound[0]),
        whole(bound[single ? 0 : 1]),
        bound[2] == Arguments.ABSENT ? 1 : whole(bound[2]));
  }

  private static long whole(Object value) {
    return Numbers.isInteger(value) && Numbers.number(value) instanceof Long l
        ? l
        : Numbers.index(value);
  }

  private static Map<Object, Object> dict(String function, Arguments arguments, Budget budget) {
    Map<Object, Object> made = new LinkedHashMap<>();
    List<Object> positional = arguments.positional();
    if (positional.size() > 1) {
      throw Fault.input(function + "() expects at most 1 argument, got " + positional.size());
    }
    if (!positional.isEmpty() && positional.getFirst() instanceof Map<?, ?> map) {
      made.putAll(dict(map, budget));
    } else if (!positional.isEmpty()) {
      for (Object pair : Python.elements(positional.getFirst(), budget)) {
        List<Object> parts = Python.elements(pair, budget);
        if (parts.size() != 2) {
          throw Fault.input(function + "() needs pairs of a key and a value");
        }
        budget.items(1);
        made.put(Python.key(parts.get(0), budget), parts.get(1));
      }
    }
    made.putAll(arguments.named());
    return made;
  }

  static Map<Object, Object> dict(Map<?, ?> map, Budget budget) {
    budget.items(map.size());
    return new LinkedHashMap<>(map);
  }

  /** A function that gives nothing the first time, then the separator. */
  private static Builtin joiner(Arguments arguments) {
    Object separator = Arguments.or(arguments.bind("joiner", 0, "sep")[0], ", ");
    boolean[] used = new boolean[1];
    return new Builtin(
        "joiner",
        _ -> {
          boolean first = !used[0];
          used[0] = true;
          return first ? "" : separator;
        });
  }

  /** {@code strftime} of the C library in its plain locale; what it does not know stays. */
  static String formatted(String format, ZonedDateTime time) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        out.append(c);
        continue;
      }
      boolean bare = format.charAt(i + 1) == '-' && i + 2 < format.length();
      char directive = format.charAt(i + (bare ? 2 : 1));
      String pattern = pattern(directive);
      if (directive == '%' || pattern == null) {
        out.append(directive == '%' ? "%" : format.substring(i, i + (bare ? 3 : 2)));
      } else {
        String text = time.format(DateTimeFormatter.ofPattern(pattern, Locale.US));
        out.append(bare ? text.replaceFirst("^0+(?=.)", "") : text);
      }
      i += bare ? 2 : 1;
    }
    return out.toString();
  }

  private static String pattern(char directive) {
    return switch (directive) {
      case 'a' -> "EEE";
      case 'A' -> "EEEE";
      case 'b', 'h' -> "MMM";
      case 'B' -> "MMMM";
      case 'c' -> "EEE MMM ppd HH:mm:ss yyyy";
      case 'd' -> "dd";
      case 'D', 'x' -> "MM/dd/yy";
      case 'e' -> "ppd";
      case 'f' -> "SSSSSS";
      case 'F' -> "yyyy-MM-dd";
      case 'H' -> "HH";
      case 'I' -> "hh";
      case 'j' -> "DDD";
      case 'm' -> "MM";
      case 'M' -> "mm";
      case 'n' -> "'\n'";
      case 'p' -> "a";
      case 'R' -> "HH:mm";
      case 'S' -> "ss";
      case 't' -> "'\t'";
      case 'T', 'X' -> "HH:mm:ss";
      case 'y' -> "yy";
      case 'Y' -> "yyyy";
      default -> null;
    };
  }
}
