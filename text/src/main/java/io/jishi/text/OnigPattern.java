// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import java.lang.Character.UnicodeScript;
import java.util.Map;
import java.util.Set;

/**
 * Translates the regular expressions of tokenizer files (Oniguruma, Ruby syntax, Unicode) to those
 * of Java. What is not known to mean the same on both sides is refused.
 */
final class OnigPattern {
  private static final String WORD = "\\p{IsAlphabetic}\\p{M}\\p{Nd}\\p{Pc}";
  private static final Set<String> CATEGORIES =
      Set.of(
          "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C"
              .concat(" Cc Cf Co Cn Cs")
              .split(" "));
  private static final Map<String, String> LONG_NAMES =
      Map.ofEntries(
          Map.entry("letter", "L"),
          Map.entry("mark", "M"),
          Map.entry("number", "N"),
          Map.entry("punctuation", "P"),
          Map.entry("symbol", "S"),
          Map.entry("separator", "Z"),
          Map.entry("lowercaseletter", "Ll"),
          Map.entry("uppercaseletter", "Lu"),
          Map.entry("decimalnumber", "Nd"),
          Map.entry("alphabetic", "IsAlphabetic"),
          Map.entry("alpha", "IsAlphabetic"),
          Map.entry("lower", "IsLowercase"),
          Map.entry("upper", "IsUppercase"),
          Map.entry("digit", "Nd"),
          Map.entry("punct", "P"),
          Map.entry("space", "IsWhite_Space"),
          Map.entry("whitespace", "IsWhite_Space"));

  private final String source;
  private final String pattern;
  private final StringBuilder out = new StringBuilder();
  private int at;

  private OnigPattern(String source, String pattern) {
    this.source = source;
    this.pattern = pattern;
  }

  /**
   * The pattern in Java's dialect, for {@code Pattern.MULTILINE | Pattern.UNIX_LINES}.
   *
   * @throws JishiException.Unsupported for a construct outside the common part
   */
  static String toJava(String source, String pattern) {
    return new OnigPattern(source, pattern).translate();
  }

  private String translate() {
    int depth = 0;
    while (at < pattern.length()) {
      char c = pattern.charAt(at);
      switch (c) {
        case '\\' -> escape(depth > 0);
        case '[' -> {
          open();
          depth++;
        }
        case ']' -> {
          depth -= depth > 0 ? 1 : 0;
          copy(1);
        }
        case '(' -> {
          if (depth == 0) {
            group();
          } else {
            out.append('\\');
            copy(1);
          }
        }
        case '}' -> {
          // In Ruby "{1,3}+" repeats the repetition, in Java it makes it possessive.
          if (depth == 0 && pattern.startsWith("}+", at)) {
            throw unsupported("}+");
          }
          copy(1);
        }
        default -> copy(1);
      }
    }
    return out.toString();
  }

  private void copy(int count) {
    out.append(pattern, at, at + count);
    at += count;
  }

  private void open() {
    if (pattern.startsWith("[:", at)) {
      throw unsupported("[:");
    }
    copy(1);
    if (pattern.startsWith("^", at)) {
      copy(1);
    }
    if (pattern.startsWith("]", at)) { // a bracket that comes first is meant literally
      out.append('\\');
      copy(1);
    }
  }

  private void group() {
    if (!pattern.startsWith("(?", at)) {
      copy(1);
      return;
    }
    for (String plain : new String[] {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"}) {
      if (pattern.startsWith(plain, at)) {
        copy(plain.length());
        return;
      }
    }
    if (pattern.startsWith("(?i:", at) || pattern.startsWith("(?i)", at)) {
      out.append("(?iu").append(pattern.charAt(at + 3));
      at += 4;
      return;
    }
    throw unsupported(pattern.substring(at, Math.min(at + 4, pattern.length())));
  }

  private void escape(boolean inClass) {
    if (at + 1 >= pattern.length()) {
      throw unsupported("\\");
    }
    char c = pattern.charAt(at + 1);
    switch (c) {
      case 'p', 'P' -> {
        property(c == 'P');
        return;
      }
      case 's' -> out.append("\\p{IsWhite_Space}");
      case 'S' -> out.append("\\P{IsWhite_Space}");
      case 'd' -> out.append("\\p{Nd}");
      case 'D' -> out.append("\\P{Nd}");
      case 'w' -> out.append(inClass ? WORD : "[" + WORD + "]");
      case 'W' -> out.append("[^" + WORD + "]");
      case 'h' -> out.append(inClass ? "0-9a-fA-F" : "[0-9a-fA-F]");
      case 'v' -> out.append("\\x0B");
      case 'n', 'r', 't', 'f', 'a', 'e', 'x', 'u', 'A', 'z' -> {
        copy(2);
        return;
      }
      default -> {
        if (Character.isLetterOrDigit(c)) {
          throw unsupported("\\" + c);
        }
        copy(2);
        return;
      }
    }
    at += 2;
  }

  private void property(boolean negated) {
    int close = pattern.indexOf('}', at);
    if (close < 0 || !pattern.startsWith("{", at + 2)) {
      throw unsupported("\\p");
    }
    String written = pattern.substring(at + 3, close);
    boolean inverted = written.startsWith("^");
    String name = javaName(inverted ? written.substring(1) : written);
    if (name == null) {
      throw unsupported("\\p{" + written + "}");
    }
    out.append(negated != inverted ? "\\P{" : "\\p{").append(name).append('}');
    at = close + 1;
  }

  private static String javaName(String name) {
    if (CATEGORIES.contains(name)) {
      return name;
    }
    String plain = name.replaceAll("[ _-]", "").toLowerCase(java.util.Locale.ROOT);
    String known = LONG_NAMES.get(plain);
    if (known != null) {
      return known;
    }
    int equals = name.indexOf('=');
    try {
      return "Is" + UnicodeScript.forName(name.substring(equals + 1)).name();
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private JishiException unsupported(String construct) {
    return new JishiException.Unsupported(
        "%s: the regular expression uses '%s' at character %d, which is not supported: %s"
            .formatted(source, construct, at, pattern));
  }
}
