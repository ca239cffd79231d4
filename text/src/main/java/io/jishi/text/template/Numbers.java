// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Expression.Operator;
import io.jishi.text.template.Values.Undefined;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/** Python's numbers: integers of any size (up to a bound), floats, and bools as 0 and 1. */
final class Numbers {
  /** Longest integer that a template may compute. */
  private static final int MAX_BITS = 4096;

  private Numbers() {}

  /** As Long where it fits. */
  static Number narrow(BigInteger value) {
    if (value.bitLength() > MAX_BITS) {
      throw Fault.input("an integer of more than " + MAX_BITS + " bits");
    }
    return value.bitLength() < Long.SIZE ? (Number) value.longValue() : (Number) value;
  }

  static boolean isNumber(Object value) {
    return value instanceof Number || value instanceof Boolean;
  }

  /** As a number; a bool counts as an integer. Call for {@link #isNumber numbers} only. */
  static Number number(Object value) {
    return value instanceof Boolean b ? (Number) (b ? 1L : 0L) : (Number) value;
  }

  static BigInteger big(Object integer) {
    Number number = number(integer);
    return number instanceof BigInteger b ? b : BigInteger.valueOf(number.longValue());
  }

  static boolean isInteger(Object value) {
    return value instanceof Long || value instanceof BigInteger || value instanceof Boolean;
  }

  /** A value as a position or count: an integer, cut to 32 bits. */
  static int index(Object value) {
    if (value instanceof Undefined u) {
      throw u.fault();
    }
    if (!isInteger(value)) {
      throw Fault.input(
          "'" + Python.typeName(value) + "' object cannot be interpreted as an integer");
    }
    BigInteger max = BigInteger.valueOf(Integer.MAX_VALUE);
    return big(value).min(max).max(max.negate()).intValue();
  }

  static int compare(Object left, Object right) {
    Number a = number(left);
    Number b = number(right);
    if (a instanceof Long x && b instanceof Long y) {
      return Long.compare(x, y);
    }
    double x = a.doubleValue();
    double y = b.doubleValue();
    boolean exact = Double.isFinite(x) && Double.isFinite(y);
    return exact ? decimal(a).compareTo(decimal(b)) : Double.compare(x, y);
  }

  private static BigDecimal decimal(Number number) {
    return number instanceof Double d ? new BigDecimal(d) : new BigDecimal(big(number));
  }

  static Object negate(Object value) {
    Number number = number(value);
    return number instanceof Double d ? (Object) (-d) : (Object) narrow(big(number).negate());
  }

  static Object arithmetic(Operator operator, Object left, Object right) {
    Number a = number(left);
    Number b = number(right);
    if (operator == Operator.DIVIDE || a instanceof Double || b instanceof Double) {
      return floating(operator, a.doubleValue(), b.doubleValue());
    }
    return integral(operator, big(a), big(b));
  }

  private static Object integral(Operator operator, BigInteger a, BigInteger b) {
    return switch (operator) {
      case ADD -> narrow(a.add(b));
      case SUBTRACT -> narrow(a.subtract(b));
      case MULTIPLY -> narrow(a.multiply(b));
      case FLOOR_DIVIDE -> narrow(floorDivide(a, b));
      case MODULO -> narrow(a.subtract(floorDivide(a, b).multiply(b)));
      case POWER -> power(a, b);
      case DIVIDE -> floating(operator, a.doubleValue(), b.doubleValue());
    };
  }

  private static BigInteger floorDivide(BigInteger a, BigInteger b) {
    if (b.signum() == 0) {
      throw Fault.input("integer division or modulo by zero");
    }
    BigInteger[] parts = a.divideAndRemainder(b);
    boolean below = parts[1].signum() != 0 && parts[1].signum() != b.signum();
    return below ? parts[0].subtract(BigInteger.ONE) : parts[0];
  }

  private static Object power(BigInteger a, BigInteger b) {
    if (b.signum() < 0) {
      return floating(Operator.POWER, a.doubleValue(), b.doubleValue());
    }
    boolean small = a.bitLength() <= 1;
    if (!small && (b.bitLength() > 31 || (long) a.bitLength() * b.intValue() > 2L * MAX_BITS)) {
      throw Fault.input("an integer of more than " + MAX_BITS + " bits");
    }
    // 0, 1, -1 and -2: only the parity of a large exponent matters, -2 fails by its size.
    int exponent = b.bitLength() > 30 ? 2 * MAX_BITS + (b.testBit(0) ? 1 : 0) : b.intValue();
    return narrow(a.pow(Math.min(exponent, 2 * MAX_BITS + (exponent & 1))));
  }

  private static Object floating(Operator operator, double a, double b) {
    return switch (operator) {
      case ADD -> a + b;
      case SUBTRACT -> a - b;
      case MULTIPLY -> a * b;
      case DIVIDE -> a / divisor(b);
      case FLOOR_DIVIDE -> Math.floor(a / divisor(b));
      case MODULO -> {
        double rest = a % divisor(b);
        yield rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
      }
      case POWER -> Math.pow(a, b);
    };
  }

  private static double divisor(double value) {
    if (value == 0) {
      throw Fault.input("division by zero");
    }
    return value;
  }

  /** {@code repr} of a number: floats as the shortest digits that read back the same. */
  static String repr(Number value) {
    if (!(value instanceof Double d)) {
      return value.toString();
    }
    if (d.isNaN() || d.isInfinite()) {
      return d.isNaN() ? "nan" : d > 0 ? "inf" : "-inf";
    }
    if (d == 0) {
      return 1 / d < 0 ? "-0.0" : "0.0";
    }
    BigDecimal exact = new BigDecimal(Double.toString(d)).stripTrailingZeros();
    BigDecimal shorter = exact.round(new MathContext(1));
    if (exact.precision() == 2 && shorter.doubleValue() == d) {
      exact = shorter.stripTrailingZeros(); // Java writes two digits even where one is enough
    }
    int exponent = exact.precision() - exact.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = exact.toPlainString();
      return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }
    String digits = exact.unscaledValue().abs().toString();
    String mantissa = digits.charAt(0) + (digits.length() > 1 ? "." + digits.substring(1) : "");
    String sign = exponent < 0 ? "-" : "+";
    String power = (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    return (d < 0 ? "-" : "") + mantissa + "e" + sign + power;
  }

  /** {@code int(text, base)}, or null where the text is none. */
  static Number parseInteger(String text, int base) {
    String digits = Strings.strip(text, null, true, true);
    boolean minus = digits.startsWith("-");
    digits = minus || digits.startsWith("+") ? digits.substring(1) : digits;
    String lower = digits.toLowerCase(java.util.Locale.ROOT);
    boolean prefixed =
        (base == 16 && lower.startsWith("0x"))
            || (base == 8 && lower.startsWith("0o"))
            || (base == 2 && lower.startsWith("0b"));
    digits = prefixed ? digits.substring(2) : digits;
    if (!digits.matches("[0-9A-Za-z]{1,1300}(?:_[0-9A-Za-z]{1,1300}){0,99}")
        || base < 2
        || base > 36) {
      return null;
    }
    try {
      BigInteger value = new BigInteger(digits.replace("_", ""), base);
      return narrow(minus ? value.negate() : value);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** {@code float(text)}, or null where the text is none. */
  static Double parseFloat(String text) {
    String trimmed = Strings.strip(text, null, true, true).toLowerCase(java.util.Locale.ROOT);
    String unsigned = trimmed.replaceFirst("^[-+]", "");
    double sign = trimmed.startsWith("-") ? -1 : 1;
    return switch (unsigned) {
      case "nan" -> Double.NaN;
      case "inf", "infinity" -> sign * Double.POSITIVE_INFINITY;
      default -> {
        boolean number =
            unsigned.length() < 400 && unsigned.matches("[0-9_]*\\.?[0-9_]*(?:e[-+]?[0-9]+)?");
        try {
          yield number ? (Double) (sign * Double.parseDouble(unsigned.replace("_", ""))) : null;
        } catch (NumberFormatException e) {
          yield null;
        }
      }
    };
  }
}
