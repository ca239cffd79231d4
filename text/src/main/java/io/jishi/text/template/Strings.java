// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import java.util.ArrayList;
import java.util.List;

/** Python's view of text: a sequence of code points, with Python's idea of blanks and escapes. */
final class Strings {
  /** Marks that {@link ChatEncoder} puts into text: they count as printable and are not escaped. */
  static final char MARK = '\uFDD0';

  private Strings() {}

  static boolean isSpace(int c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
  }

  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** The index in the Java string of a code point; beyond the end, the end. */
  static int offset(String text, int codePoint) {
    return codePoint >= length(text) ? text.length() : text.offsetByCodePoints(0, codePoint);
  }

  static String at(String text, int codePoint) {
    return Character.toString(text.codePointAt(offset(text, codePoint)));
  }

  static List<Object> characters(String text, Budget budget) {
    budget.items(text.length());
    List<Object> characters = new ArrayList<>(text.length());
    text.codePoints().forEach(c -> characters.add(Character.toString(c)));
    return characters;
  }

  /** By code points, as Python orders text. */
  static int compare(String a, String b) {
    int length = Math.min(a.length(), b.length());
    for (int i = 0; i < length; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean surrogate = Character.isSurrogate(x) != Character.isSurrogate(y);
        return surrogate ? (Character.isSurrogate(x) ? 1 : -1) : Character.compare(x, y);
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  /** {@code chars} null means blanks. */
  static String strip(String text, String chars, boolean left, boolean right) {
    int start = 0;
    int end = text.length();
    while (left && start < end) {
      int c = text.codePointAt(start);
      if (!stripped(c, chars)) {
        break;
      }
      start += Character.charCount(c);
    }
    while (right && end > start) {
      int c = text.codePointBefore(end);
      if (!stripped(c, chars)) {
        break;
      }
      end -= Character.charCount(c);
    }
    return text.substring(start, end);
  }

  private static boolean stripped(int c, String chars) {
    return chars == null ? isSpace(c) : chars.indexOf(c) >= 0;
  }

  /** {@code separator} null means runs of blanks; at most {@code max} cuts, from the left. */
  static List<Object> split(String text, String separator, int max, Budget budget) {
    List<Object> parts = new ArrayList<>();
    int cuts = max < 0 ? Integer.MAX_VALUE : max;
    if (separator == null) {
      int at = skip(text, 0, true);
      while (at < text.length() && parts.size() < cuts) {
        int end = skip(text, at, false);
        add(parts, text.substring(at, end), budget);
        at = skip(text, end, true);
      }
      if (at < text.length()) {
        add(parts, text.substring(at), budget);
      }
      return parts;
    }
    int at = 0;
    for (int cut = text.indexOf(separator);
        cut >= 0 && parts.size() < cuts;
        cut = text.indexOf(separator, at)) {
      add(parts, text.substring(at, cut), budget);
      at = cut + separator.length();
    }
    add(parts, text.substring(at), budget);
    return parts;
  }

  private static void add(List<Object> parts, String part, Budget budget) {
    budget.items(1);
    parts.add(budget.text(part));
  }

  private static int skip(String text, int from, boolean blanks) {
    int at = from;
    while (at < text.length() && isSpace(text.codePointAt(at)) == blanks) {
      at += Character.charCount(text.codePointAt(at));
    }
    return at;
  }

  /** As {@link #split}, with the cuts from the right. */
  static List<Object> splitRight(String text, String separator, int max, Budget budget) {
    if (max < 0) {
      return split(text, separator, max, budget);
    }
    String reversed = new StringBuilder(text).reverse().toString();
    String wanted = separator == null ? null : new StringBuilder(separator).reverse().toString();
    List<Object> parts = new ArrayList<>();
    for (Object part : split(reversed, wanted, max, budget).reversed()) {
      parts.add(new StringBuilder((String) part).reverse().toString());
    }
    return parts;
  }

  static List<Object> lines(String text, boolean keepEnds, Budget budget) {
    List<Object> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      if ("\n\r\u000b\f\u001c\u001d\u001e\u0085\u2028\u2029".indexOf(text.charAt(i)) < 0) {
        continue;
      }
      int end = i;
      if (text.charAt(i) == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n') {
        i++;
      }
      add(lines, text.substring(start, keepEnds ? i + 1 : end), budget);
      start = i + 1;
    }
    if (start < text.length()) {
      add(lines, text.substring(start), budget);
    }
    return lines;
  }

  static String repeat(String text, int times, Budget budget) {
    int count = Math.max(0, times);
    budget.chars((long) text.length() * count);
    return text.repeat(count);
  }

  static String pad(String text, int left, int right, String fill, Budget budget) {
    return repeat(fill, left, budget) + text + repeat(fill, right, budget);
  }

  static String join(String separator, Iterable<?> items, Budget budget) {
    StringBuilder joined = new StringBuilder();
    int index = 0;
    for (Object item : items) {
      if (!(item instanceof String text)) {
        throw Fault.input(
            "sequence item "
                + index
                + ": expected str instance, "
                + Python.typeName(item)
                + " found");
      }
      budget.chars(separator.length() + (long) text.length());
      joined.append(index++ == 0 ? "" : separator).append(text);
    }
    return joined.toString();
  }

  /** {@code str.title}: the first letter of each run of letters upper, the others lower. */
  static String title(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean inWord = false;
    for (int c : text.codePoints().toArray()) {
      boolean cased = isCased(c);
      if (cased && !inWord) {
        out.appendCodePoint(Character.toTitleCase(c));
      } else {
        out.appendCodePoint(Character.toLowerCase(c));
      }
      inWord = cased;
    }
    return out.toString();
  }

  static boolean isCased(int c) {
    return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
  }

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.codePointAt(0);
    String rest = text.substring(Character.charCount(first));
    return Character.toString(Character.toTitleCase(first))
        + rest.toLowerCase(java.util.Locale.ROOT);
  }

  /** {@code repr} of a string: quoted, what cannot be printed escaped. */
  static String repr(String text) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder out = new StringBuilder(text.length() + 2).append(quote);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                  if (c == quote) {
                    out.append('\\').append(quote);
                  } else if (isPrintable(c)) {
                    out.appendCodePoint(c);
                  } else {
                    String format = c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x";
                    out.append(String.format(format, c));
                  }
                }
              }
            });
    return out.append(quote).toString();
  }

  static boolean isPrintable(int c) {
    return c == ' '
        || c == MARK
        || switch (Character.getType(c)) {
          case Character.CONTROL,
              Character.FORMAT,
              Character.SURROGATE,
              Character.PRIVATE_USE,
              Character.UNASSIGNED,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR,
              Character.SPACE_SEPARATOR ->
              false;
          default -> true;
        };
  }

  /** The characters of a string literal of Python; an escape that it does not know stays. */
  static String unescape(String literal, int line) {
    if (literal.indexOf('\\') < 0) {
      return literal;
    }
    StringBuilder out = new StringBuilder(literal.length());
    int i = 0;
    while (i < literal.length()) {
      char c = literal.charAt(i++);
      if (c != '\\' || i == literal.length()) {
        out.append(c);
        continue;
      }
      char escape = literal.charAt(i++);
      int simple = "ntrabfv\\'\"".indexOf(escape);
      if (simple >= 0) {
        out.append("\n\t\r\u0007\b\f\u000b\\'\"".charAt(simple));
      } else if (escape == 'x' || escape == 'u' || escape == 'U') {
        int digits = escape == 'x' ? 2 : escape == 'u' ? 4 : 8;
        out.appendCodePoint(hexadecimal(literal, i, digits, line));
        i += digits;
      } else if (escape >= '0' && escape <= '7') {
        int end = i;
        while (end < Math.min(literal.length(), i + 2)
            && "01234567".indexOf(literal.charAt(end)) >= 0) {
          end++;
        }
        out.append((char) Integer.parseInt(literal.substring(i - 1, end), 8));
        i = end;
      } else if (escape == 'N') {
        throw Lexer.error(line, "the escape \\N{…} is not supported");
      } else if (escape != '\n') {
        out.append('\\').append(escape);
      }
    }
    return out.toString();
  }

  private static int hexadecimal(String literal, int from, int digits, int line) {
    String hex = literal.substring(from, Math.min(literal.length(), from + digits));
    boolean valid =
        hex.length() == digits && hex.chars().allMatch(c -> Character.digit(c, 16) >= 0);
    long value = valid ? Long.parseLong(hex, 16) : -1;
    if (value < 0 || value > Character.MAX_CODE_POINT) {
      throw Lexer.error(line, "the escape '\\…" + hex + "' is not a character");
    }
    return (int) value;
  }
}
