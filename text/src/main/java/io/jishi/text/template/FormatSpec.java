// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Values.Undefined;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What stands after the colon of a format field: {@code [[fill]align][sign][#][0][width][,]
 * [.precision][type]}.
 *
 * @param fill the character that fills, as text
 * @param align {@code <>^=}, or 0 for the type's own
 * @param sign {@code + -} or a blank
 * @param grouping {@code ,} or {@code _} or empty
 * @param precision digits, or -1
 * @param type the letter, or 0
 */
record FormatSpec(
    String fill,
    char align,
    char sign,
    boolean prefixed,
    int width,
    String grouping,
    int precision,
    char type) {
  private static final Pattern SPEC =
      Pattern.compile(
          "(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\\d{0,9})([,_])?(?:\\.(\\d{1,9}))?([a-zA-Z%])?",
          Pattern.DOTALL);

  /** Digits that a float may be asked for. */
  private static final int MAX_PRECISION = 1000;

  static FormatSpec parse(String spec) {
    Matcher m = SPEC.matcher(spec);
    if (!m.matches()) {
      throw Fault.input("Invalid format specifier '" + spec + "'");
    }
    boolean zero = m.group(5) != null && m.group(2) == null;
    return new FormatSpec(
        m.group(1) != null ? m.group(1) : m.group(5) != null ? "0" : " ",
        m.group(2) != null ? m.group(2).charAt(0) : zero ? '=' : 0,
        m.group(3) == null ? '-' : m.group(3).charAt(0),
        m.group(4) != null,
        m.group(6).isEmpty() ? 0 : Integer.parseInt(m.group(6)),
        m.group(7) == null ? "" : m.group(7),
        m.group(8) == null ? -1 : Integer.parseInt(m.group(8)),
        m.group(9) == null ? 0 : m.group(9).charAt(0));
  }

  String apply(Object value, Budget budget) {
    if (value instanceof Undefined u && !isPlain()) {
      throw u.fault();
    }
    if (value instanceof Number || (value instanceof Boolean && !isPlain())) {
      return number(Numbers.number(value), budget);
    }
    if (!(value instanceof String) && !isPlain()) {
      throw Fault.input("unsupported format string passed to " + Python.typeName(value));
    }
    if (type != 0 && type != 's') {
      throw wrongType(value);
    }
    String text = Python.text(value, budget);
    int length = Strings.length(text);
    if (precision >= 0 && precision < length) {
      text = text.substring(0, Strings.offset(text, precision));
      length = precision;
    }
    return align("", text, Math.max(0, width - length), '<', budget);
  }

  private boolean isPlain() {
    return width == 0 && precision < 0 && type == 0 && align == 0;
  }

  private Fault wrongType(Object value) {
    return Fault.input(
        "Unknown format code '" + type + "' for object of type '" + Python.typeName(value) + "'");
  }

  private String number(Number value, Budget budget) {
    if (precision > MAX_PRECISION) {
      throw Fault.input("a format asks for more than " + MAX_PRECISION + " digits");
    }
    String digits = unsigned(value);
    boolean negative = digits.startsWith("-");
    digits = negative ? digits.substring(1) : digits;
    String shownSign = negative ? "-" : sign == '-' ? "" : String.valueOf(sign);
    String prefix = prefixed && "xXob".indexOf(type) >= 0 && type != 0 ? "0" + type : "";
    if (!grouping.isEmpty()) {
      digits = grouped(digits);
    }
    String head = shownSign + prefix;
    int missing = Math.max(0, width - head.length() - digits.length());
    return align(head, digits, missing, '>', budget);
  }

  private String align(String head, String body, int missing, char standard, Budget budget) {
    return switch (align == 0 ? standard : align) {
      case '<' -> Strings.pad(head + body, 0, missing, fill, budget);
      case '^' -> Strings.pad(head + body, missing / 2, missing - missing / 2, fill, budget);
      case '=' -> head + Strings.pad(body, missing, 0, fill, budget);
      default -> Strings.pad(head + body, missing, 0, fill, budget);
    };
  }

  private String grouped(String digits) {
    int end = 0;
    while (end < digits.length() && Character.isDigit(digits.charAt(end))) {
      end++;
    }
    StringBuilder out = new StringBuilder(digits);
    for (int i = end - 3; i > 0; i -= 3) {
      out.insert(i, grouping);
    }
    return out.toString();
  }

  private String unsigned(Number value) {
    if (!(value instanceof Double)) {
      BigInteger integer = Numbers.big(value);
      switch (type) {
        case 0, 'd', 'n' -> {
          return integer.toString();
        }
        case 'x', 'X', 'o', 'b' -> {
          int base = type == 'o' ? 8 : type == 'b' ? 2 : 16;
          String text = integer.toString(base);
          return type == 'X' ? text.toUpperCase(Locale.ROOT) : text;
        }
        case 'c' -> {
          return Character.toString(Math.clamp(value.longValue(), 0, Character.MAX_CODE_POINT));
        }
        default -> {}
      }
    }
    return floating(value.doubleValue());
  }

  private String floating(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return Numbers.repr(value);
    }
    BigDecimal exact = new BigDecimal(value);
    int digits = precision < 0 ? 6 : precision;
    String minus = value < 0 || 1 / value < 0 ? "-" : "";
    return switch (type) {
      case 'f', 'F' -> minus + fixed(exact, digits);
      case '%' -> minus + fixed(exact.movePointRight(2), digits) + "%";
      case 'e' -> minus + scientific(exact, digits);
      case 'E' -> minus + scientific(exact, digits).toUpperCase(Locale.ROOT);
      case 'G' ->
          minus
              + general(exact, precision < 0 ? 6 : Math.max(1, precision)).toUpperCase(Locale.ROOT);
      case 'g', 'n' -> minus + general(exact, precision < 0 ? 6 : Math.max(1, precision));
      case 0 ->
          precision < 0 ? Numbers.repr(value) : minus + general(exact, Math.max(1, precision));
      default -> throw wrongType(value);
    };
  }

  private static String fixed(BigDecimal value, int digits) {
    return value.abs().setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
  }

  private static String scientific(BigDecimal value, int digits) {
    BigDecimal rounded = value.abs().round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
    StringBuilder mantissa = new StringBuilder(rounded.unscaledValue().toString());
    int exponent = rounded.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
    while (mantissa.length() < digits + 1) {
      mantissa.append('0');
    }
    mantissa.setLength(digits + 1);
    if (digits > 0) {
      mantissa.insert(1, '.');
    }
    String power = (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    return mantissa + "e" + (exponent < 0 ? "-" : "+") + power;
  }

  private static String general(BigDecimal value, int digits) {
    if (value.signum() == 0) {
      return "0";
    }
    BigDecimal rounded = value.abs().round(new MathContext(digits, RoundingMode.HALF_EVEN));
    int exponent = rounded.precision() - rounded.scale() - 1;
    BigDecimal shortest = rounded.stripTrailingZeros();
    if (exponent >= -4 && exponent < digits) {
      return shortest.toPlainString();
    }
    return scientific(shortest, shortest.precision() - 1);
  }
}
