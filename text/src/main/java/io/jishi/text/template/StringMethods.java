// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Values.Tuple;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/** The methods of Python's {@code str} that templates may call. */
final class StringMethods {
  private static final Set<String> NAMES =
      Set.of(
          "capitalize",
          "casefold",
          "center",
          "count",
          "endswith",
          "expandtabs",
          "find",
          "format",
          "format_map",
          "index",
          "isalnum",
          "isalpha",
          "isascii",
          "isdecimal",
          "isdigit",
          "islower",
          "isnumeric",
          "isspace",
          "istitle",
          "isupper",
          "join",
          "ljust",
          "lower",
          "lstrip",
          "partition",
          "removeprefix",
          "removesuffix",
          "replace",
          "rfind",
          "rindex",
          "rjust",
          "rpartition",
          "rsplit",
          "rstrip",
          "split",
          "splitlines",
          "startswith",
          "strip",
          "swapcase",
          "title",
          "upper",
          "zfill");

  private StringMethods() {}

  static boolean has(String name) {
    return NAMES.contains(name);
  }

  /** Calls a method that {@link #has} knows. */
  static Object call(String self, String name, Arguments arguments, Budget budget) {
    budget.scan(self.length());
    return switch (name) {
      case "strip", "lstrip", "rstrip" -> strip(self, name, arguments, budget);
      case "split", "rsplit", "splitlines", "partition", "rpartition" ->
          split(self, name, arguments, budget);
      case "find", "rfind", "index", "rindex", "count" -> find(self, name, arguments, budget);
      case "startswith", "endswith" -> affix(self, name, arguments, budget);
      case "removeprefix", "removesuffix" -> removeAffix(self, name, arguments, budget);
      case "replace" -> replace(self, arguments, budget);
      case "join" ->
          Strings.join(
              self, Python.elements(arguments.bind(name, 1, "iterable")[0], budget), budget);
      case "format" -> Format.format(self, arguments, budget);
      case "format_map" ->
          Format.format(self, new Arguments(List.of(), members(arguments)), budget);
      case "center", "ljust", "rjust", "zfill", "expandtabs" -> pad(self, name, arguments, budget);
      default -> {
        arguments.bind(name, 0);
        budget.chars(self.length());
        yield name.startsWith("is") ? is(self, name) : changeCase(self, name);
      }
    };
  }

  private static Map<String, Object> members(Arguments arguments) {
    if (!(arguments.bind("format_map", 1, "mapping")[0] instanceof Map<?, ?> map)) {
      throw Fault.input("format_map() argument must be a mapping");
    }
    Map<String, Object> members = new java.util.HashMap<>();
    map.forEach((key, value) -> members.put(String.valueOf(key), value));
    return members;
  }

  private static String text(Object value, String function) {
    if (value instanceof String s) {
      return s;
    }
    throw Python.undefined(value)
        .orElse(Fault.input(function + "() argument must be str, not " + Python.typeName(value)));
  }

  private static String strip(String self, String name, Arguments arguments, Budget budget) {
    Object chars = Arguments.or(arguments.bind(name, 0, "chars")[0], null);
    String set = chars == null ? null : text(chars, name);
    if (set != null) {
      budget.search(self, set);
    }
    return budget.text(Strings.strip(self, set, !name.equals("rstrip"), !name.equals("lstrip")));
  }

  private static Object split(String self, String name, Arguments arguments, Budget budget) {
    if (name.equals("splitlines")) {
      Object[] bound = arguments.bind(name, 0, "keepends");
      return Strings.lines(self, Arguments.truth(bound[0], false), budget);
    }
    boolean partition = name.endsWith("partition");
    Object[] bound =
        partition ? arguments.bind(name, 1, "sep") : arguments.bind(name, 0, "sep", "maxsplit");
    Object given = Arguments.or(bound[0], null);
    String separator = given == null && !partition ? null : text(given, name);
    if (separator != null) {
      budget.search(self, separator);
      if (separator.isEmpty()) {
        throw Fault.input("empty separator");
      }
    }
    if (!partition) {
      int max = Arguments.integer(bound[1], -1);
      return name.equals("split")
          ? Strings.split(self, separator, max, budget)
          : Strings.splitRight(self, separator, max, budget);
    }
    boolean left = name.equals("partition");
    int at = left ? self.indexOf(separator) : self.lastIndexOf(separator);
    budget.chars(self.length());
    if (at < 0) {
      return left ? Tuple.of(self, "", "") : Tuple.of("", "", self);
    }
    return Tuple.of(self.substring(0, at), separator, self.substring(at + separator.length()));
  }

  private static Object find(String self, String name, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind(name, 1, "sub", "start", "end");
    String wanted = text(bound[0], name);
    budget.search(self, wanted);
    int length = Strings.length(self);
    int start = bound(bound[1], 0, length);
    int end = bound(bound[2], length, length);
    String window =
        start > end ? null : self.substring(Strings.offset(self, start), Strings.offset(self, end));
    if (name.equals("count")) {
      return window == null ? 0L : count(window, wanted);
    }
    int at =
        window == null
            ? -1
            : name.startsWith("r") ? window.lastIndexOf(wanted) : window.indexOf(wanted);
    if (at < 0 && name.endsWith("index")) {
      throw Fault.input("substring not found");
    }
    return at < 0 ? -1L : (long) start + window.codePointCount(0, at);
  }

  private static int bound(Object given, int open, int length) {
    if (given == Arguments.ABSENT || given == null) {
      return open;
    }
    int index = Numbers.index(given);
    return index < 0 ? Math.max(0, index + length) : Math.min(index, length + 1);
  }

  private static long count(String text, String wanted) {
    if (wanted.isEmpty()) {
      return Strings.length(text) + 1L;
    }
    long count = 0;
    for (int at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length())) {
      count++;
    }
    return count;
  }

  private static boolean affix(String self, String name, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind(name, 1, "prefix", "start", "end");
    int length = Strings.length(self);
    int start = bound(bound[1], 0, length);
    int end = bound(bound[2], length, length);
    if (start > end || start > length) {
      return false;
    }
    String window = self.substring(Strings.offset(self, start), Strings.offset(self, end));
    List<?> affixes = bound[0] instanceof Tuple t ? t : List.of(text(bound[0], name));
    for (Object affix : affixes) {
      String wanted = text(affix, name);
      budget.scan(wanted.length());
      if (name.equals("startswith") ? window.startsWith(wanted) : window.endsWith(wanted)) {
        return true;
      }
    }
    return false;
  }

  private static String removeAffix(String self, String name, Arguments arguments, Budget budget) {
    String affix = text(arguments.bind(name, 1, "affix")[0], name);
    budget.chars(self.length());
    if (name.equals("removeprefix")) {
      return self.startsWith(affix) ? self.substring(affix.length()) : self;
    }
    boolean ends = self.endsWith(affix);
    return ends ? self.substring(0, self.length() - affix.length()) : self;
  }

  private static String replace(String self, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind("replace", 2, "old", "new", "count");
    int count = Arguments.integer(bound[2], -1);
    return replace(self, text(bound[0], "replace"), text(bound[1], "replace"), count, budget);
  }

  /** Replaces the first {@code count} occurrences, or all where it is negative. */
  static String replace(String text, String old, String by, int count, Budget budget) {
    budget.search(text, old);
    StringBuilder out = new StringBuilder();
    int at = 0;
    int from = 0;
    for (int left = count < 0 ? Integer.MAX_VALUE : count; left > 0; left--) {
      int found = text.indexOf(old, from);
      if (found < 0 || from > text.length()) {
        break;
      }
      budget.chars(found - at + (long) by.length());
      out.append(text, at, found).append(by);
      at = found + old.length();
      from =
          !old.isEmpty()
              ? at
              : found < text.length() ? text.offsetByCodePoints(found, 1) : found + 1;
    }
    budget.chars(text.length() - at);
    return out.append(text, at, text.length()).toString();
  }

  private static String pad(String self, String name, Arguments arguments, Budget budget) {
    if (name.equals("expandtabs")) {
      int size = Arguments.integer(arguments.bind(name, 0, "tabsize")[0], 8);
      return expandTabs(self, size, budget);
    }
    Object[] bound = arguments.bind(name, 1, "width", "fillchar");
    String fill = name.equals("zfill") ? "0" : text(Arguments.or(bound[1], " "), name);
    int missing = Math.max(0, Numbers.index(bound[0]) - Strings.length(self));
    return switch (name) {
      case "ljust" -> Strings.pad(self, 0, missing, fill, budget);
      case "rjust" -> Strings.pad(self, missing, 0, fill, budget);
      case "center" -> center(self, Numbers.index(bound[0]), fill, budget);
      default -> {
        boolean signed = self.startsWith("-") || self.startsWith("+");
        String sign = signed ? self.substring(0, 1) : "";
        yield sign + Strings.pad(signed ? self.substring(1) : self, missing, 0, fill, budget);
      }
    };
  }

  /** Where the blanks do not halve, Python's rule for which side gets one more. */
  static String center(String text, int width, String fill, Budget budget) {
    int missing = Math.max(0, width - Strings.length(text));
    int left = missing / 2 + (missing & width & 1);
    return Strings.pad(text, left, missing - left, fill, budget);
  }

  private static String expandTabs(String text, int size, Budget budget) {
    budget.chars(text.length());
    StringBuilder out = new StringBuilder();
    int column = 0;
    for (int c : text.codePoints().toArray()) {
      if (c == '\t') {
        int blanks = size <= 0 ? 0 : size - column % size;
        out.append(Strings.repeat(" ", blanks, budget));
        column += blanks;
      } else {
        out.appendCodePoint(c);
        column = c == '\n' || c == '\r' ? 0 : column + 1;
      }
    }
    return out.toString();
  }

  private static String changeCase(String self, String name) {
    return switch (name) {
      case "lower", "casefold" -> self.toLowerCase(Locale.ROOT);
      case "upper" -> self.toUpperCase(Locale.ROOT);
      case "title" -> Strings.title(self);
      case "capitalize" -> Strings.capitalize(self);
      default -> { // swapcase
        StringBuilder out = new StringBuilder();
        self.codePoints()
            .forEach(
                c ->
                    out.appendCodePoint(
                        Character.isUpperCase(c)
                            ? Character.toLowerCase(c)
                            : Character.toUpperCase(c)));
        yield out.toString();
      }
    };
  }

  /** Whether the text is all lower or all upper case, as Python sees it. */
  static boolean isCase(String text, boolean upper) {
    return text.codePoints().anyMatch(Strings::isCased)
        && text.codePoints()
            .allMatch(
                c ->
                    !Strings.isCased(c)
                        || (upper ? Character.isUpperCase(c) : Character.isLowerCase(c)));
  }

  private static boolean is(String self, String name) {
    return switch (name) {
      case "islower" -> isCase(self, false);
      case "isupper" -> isCase(self, true);
      case "istitle" ->
          self.codePoints().anyMatch(Strings::isCased) && Strings.title(self).equals(self);
      case "isascii" -> self.codePoints().allMatch(c -> c < 128);
      case "isspace" -> all(self, Strings::isSpace);
      case "isalpha" -> all(self, Character::isLetter);
      case "isalnum" -> all(self, Character::isLetterOrDigit);
      default -> all(self, Character::isDigit); // isdigit, isdecimal, isnumeric
    };
  }

  private static boolean all(String text, IntPredicate test) {
    return !text.isEmpty() && text.codePoints().allMatch(test);
  }
}
