// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/** Decimal numbers between bounds as expressions, without exponents. */
final class NumberRanges {
  /** Digits of whole numbers without a bound, and of fractions: what a double holds. */
  private static final int DIGITS = 15;

  private static final int TAIL = DIGITS - 1;

  private NumberRanges() {}

  /**
   * A bound.
   *
   * @param open whether the value itself lies outside
   */
  record Bound(BigDecimal value, boolean open) {
    Bound negated() {
      return new Bound(value.negate(), open);
    }
  }

  /** Whole numbers from low to high, both included; null for no bound. */
  static Expr integers(BigInteger low, BigInteger high) {
    List<Expr> choices = new ArrayList<>();
    if (high == null || high.signum() >= 0) {
      choices.add(naturals(low == null ? BigInteger.ZERO : low.max(BigInteger.ZERO), high));
    }
    if (low == null || low.signum() < 0) {
      BigInteger least = high == null ? BigInteger.ONE : high.negate().max(BigInteger.ONE);
      BigInteger most = low == null ? null : low.negate();
      choices.add(Expr.seq(Expr.text("-"), naturals(least, most)));
    }
    return new Expr.Alt(choices);
  }

  private static Expr naturals(BigInteger low, BigInteger high) {
    String a = low.toString();
    if (high == null) {
      List<Expr> choices = new ArrayList<>();
      choices.add(sameLength(a, "9".repeat(a.length())));
      if (a.length() < DIGITS) {
        Expr more = JsonText.digits(a.length(), TAIL);
        choices.add(Expr.seq(new Expr.Chars(CodePoints.range('1', '9')), more));
      }
      return new Expr.Alt(choices);
    }
    if (low.compareTo(high) > 0) {
      return Expr.NEVER;
    }
    String b = high.toString();
    List<Expr> choices = new ArrayList<>();
    for (int n = a.length(); n <= b.length(); n++) {
      String from = n == a.length() ? a : "1" + "0".repeat(n - 1);
      String to = n == b.length() ? b : "9".repeat(n);
      choices.add(sameLength(from, to));
    }
    return new Expr.Alt(choices);
  }

  private static Expr sameLength(String a, String b) {
    if (a.isEmpty()) {
      return Expr.EMPTY;
    }
    String restA = a.substring(1);
    String restB = b.substring(1);
    if (a.charAt(0) == b.charAt(0)) {
      return Expr.seq(Expr.text(a.substring(0, 1)), sameLength(restA, restB));
    }
    int n = restA.length();
    return Expr.alt(
        Expr.seq(Expr.text(a.substring(0, 1)), sameLength(restA, "9".repeat(n))),
        Expr.seq(digit(a.charAt(0) + 1, b.charAt(0) - 1), JsonText.digits(n, n)),
        Expr.seq(Expr.text(b.substring(0, 1)), sameLength("0".repeat(n), restB)));
  }

  private static Expr digit(int from, int to) {
    return new Expr.Chars(CodePoints.range(from, to));
  }

  /** Numbers from low to high; null for no bound. */
  static Expr decimals(Bound low, Bound high) {
    List<Expr> choices = new ArrayList<>();
    Bound zero = new Bound(BigDecimal.ZERO, false);
    if (high == null || high.value().signum() >= 0) {
      choices.add(positive(low == null || low.value().signum() < 0 ? zero : low, high));
    }
    if (low == null || low.value().signum() < 0) {
      Bound least =
          high == null || high.value().signum() >= 0
              ? new Bound(BigDecimal.ZERO, true)
              : high.negated();
      Bound most = low == null ? null : low.negated();
      choices.add(Expr.seq(Expr.text("-"), positive(least, most)));
    }
    return new Expr.Alt(choices);
  }

  private static Expr positive(Bound low, Bound high) {
    BigInteger first = whole(low);
    Expr atLeast = Expr.seq(Expr.text(first.toString()), atLeast(fraction(low), low.open()));
    Expr any = Expr.optional(Expr.seq(Expr.text("."), JsonText.digits(1, DIGITS)));
    BigInteger next = first.add(BigInteger.ONE);
    if (high == null) {
      return Expr.alt(atLeast, Expr.seq(naturals(next, null), any));
    }
    int order = low.value().compareTo(high.value());
    if (order > 0 || (order == 0 && (low.open() || high.open()))) {
      return Expr.NEVER;
    }
    BigInteger last = whole(high);
    if (first.equals(last)) {
      return Expr.seq(Expr.text(first.toString()), between(low, high));
    }
    return Expr.alt(
        atLeast,
        Expr.seq(naturals(next, last.subtract(BigInteger.ONE)), any),
        Expr.seq(Expr.text(last.toString()), atMost(fraction(high), high.open())));
  }

  private static BigInteger whole(Bound bound) {
    return bound.value().setScale(0, RoundingMode.FLOOR).toBigInteger();
  }

  /** The digits behind the point, without zeros at the end. */
  private static String fraction(Bound bound) {
    BigDecimal rest = bound.value().subtract(new BigDecimal(whole(bound)));
    return rest.signum() == 0 ? "" : rest.stripTrailingZeros().toPlainString().substring(2);
  }

  /** A fraction, point included or none at all, of at least 0.digits. */
  private static Expr atLeast(String digits, boolean open) {
    if (digits.isEmpty() && !open) {
      return Expr.optional(Expr.seq(Expr.text("."), JsonText.digits(1, DIGITS)));
    }
    return Expr.seq(Expr.text("."), least(digits, open));
  }

  private static Expr least(String digits, boolean open) {
    if (digits.isEmpty()) {
      Expr some = digit('1', '9');
      return open ? Expr.seq(JsonText.digits(0, TAIL), some) : JsonText.digits(0, TAIL);
    }
    int d = digits.charAt(0);
    return Expr.alt(
        Expr.seq(digit(d + 1, '9'), JsonText.digits(0, TAIL)),
        Expr.seq(digit(d, d), least(digits.substring(1), open)));
  }

  private static Expr atMost(String digits, boolean open) {
    if (digits.isEmpty()) {
      return open ? Expr.NEVER : Expr.optional(Expr.text(".0"));
    }
    return Expr.optional(Expr.seq(Expr.text("."), most(digits, open)));
  }

  private static Expr most(String digits, boolean open) {
    int d = digits.charAt(0);
    String rest = digits.substring(1);
    Expr same = rest.isEmpty() ? open ? Expr.NEVER : Expr.EMPTY : Expr.optional(most(rest, open));
    return Expr.alt(
        Expr.seq(digit('0', d - 1), JsonText.digits(0, TAIL)), Expr.seq(digit(d, d), same));
  }

  private static Expr between(Bound low, Bound high) {
    String a = fraction(low);
    String b = fraction(high);
    boolean none = a.isEmpty() && !low.open();
    if (b.isEmpty()) { // both are the same whole number
      return Expr.EMPTY;
    }
    Expr some = Expr.seq(Expr.text("."), between(a, low.open(), b, high.open()));
    return none ? Expr.optional(some) : some;
  }

  private static Expr between(String a, boolean openA, String b, boolean openB) {
    if (b.isEmpty()) {
      return a.isEmpty() && !openA && !openB ? Expr.EMPTY : Expr.NEVER;
    }
    int first = a.isEmpty() ? '0' : a.charAt(0);
    int last = b.charAt(0);
    String restA = a.isEmpty() ? "" : a.substring(1);
    String restB = b.substring(1);
    if (first == last) {
      Expr more = between(restA, openA, restB, openB);
      boolean stop = restA.isEmpty() && !openA && !restB.isEmpty();
      return Expr.seq(digit(first, first), stop ? Expr.alt(Expr.EMPTY, more) : more);
    }
    Expr same =
        restB.isEmpty() ? openB ? Expr.NEVER : Expr.EMPTY : Expr.optional(most(restB, openB));
    return Expr.alt(
        Expr.seq(digit(first, first), least(restA, openA)),
        Expr.seq(digit(first + 1, last - 1), JsonText.digits(0, TAIL)),
        Expr.seq(digit(last, last), same));
  }
}
