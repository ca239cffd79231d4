// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.List;

/** Addition and subtraction, digit by digit from the right. */
final class Sums {
  private static final Page PAGE = Page.of("sums");

  private static final Both PLUS = PAGE.both("plus");

  private static final Both MINUS = PAGE.both("minus");

  private static final Both THREE = PAGE.both("three");

  private record Pair(int a, int b) {}

  private record Three(int a, int b, int c) {}

  private Sums() {}

  static Exercise plus(Draw d) {
    if (d.training() && d.chance(0.1)) {
      return three(d);
    }
    boolean uneven = d.training() && d.chance(0.3);
    Pair p = d.value(() -> uneven ? uneven(d) : new Pair(operand(d), operand(d)));
    String question = d.ask(PLUS, "a", p.a, "b", p.b);
    String answer = Integer.toString(p.a + p.b);
    return p.a < 10 && p.b < 10
        ? d.exact(question, answer)
        : d.exact(question, plusSteps(p.a, p.b), answer);
  }

  /** Numbers of different lengths, whose digits are easily put under the wrong ones. */
  private static Pair uneven(Draw d) {
    int length = d.of(10, 10, 100);
    int a = d.between(length * 10, length * 100 - 1);
    int b = d.between(length / 10, length * 10 - 1);
    return d.chance(0.5) ? new Pair(a, b) : new Pair(b, a);
  }

  private static Exercise three(Draw d) {
    Three v = d.value(() -> new Three(d.between(1, 999), d.between(10, 99), d.between(1, 99)));
    String question = d.ask(THREE, "a", v.a, "b", v.b, "c", v.c);
    String steps = plusSteps(v.a, v.b) + "\n" + plusSteps(v.a + v.b, v.c);
    return d.exact(question, steps, Integer.toString(v.a + v.b + v.c));
  }

  static Exercise minus(Draw d) {
    Pair p = d.value(() -> difference(d), x -> x.a >= x.b || d.chance(0.2));
    String question = d.ask(MINUS, "a", p.a, "b", p.b);
    String answer = Integer.toString(p.a - p.b);
    if (p.a < 10 && p.b < 10) {
      return d.exact(question, answer);
    }
    String steps =
        p.a >= p.b
            ? minusSteps(p.a, p.b)
            : p.a + " < " + p.b + "\n" + minusSteps(p.b, p.a) + "\n" + answer;
    return d.exact(question, steps, answer);
  }

  /** Every third takes from a number with zeros, across which a borrowed ten is carried. */
  private static Pair difference(Draw d) {
    if (d.chance(0.65)) {
      return new Pair(operand(d), operand(d));
    }
    int step = d.of(10, 100, 100, 100, 1000);
    int a = step * d.between(1, 9) + (d.chance(0.5) ? d.between(0, 9) : 0);
    return new Pair(a, d.between(1, a));
  }

  /** Mostly up to three digits, each length as often. */
  private static int operand(Draw d) {
    return switch (d.between(0, 9)) {
      case 0, 1 -> d.between(0, 9);
      case 2, 3, 4 -> d.between(10, 99);
      case 9 -> d.between(1000, 9999);
      default -> d.between(100, 999);
    };
  }

  /** {@code 7+6=13→3}, then {@code 4+8+1=13→33}: the result grows to the left. */
  static String plusSteps(int a, int b) {
    StringBuilder out = new StringBuilder();
    StringBuilder result = new StringBuilder();
    int carry = 0;
    for (int x = a, y = b; x > 0 || y > 0; x /= 10, y /= 10) {
      int sum = x % 10 + y % 10 + carry;
      out.append(x % 10).append('+').append(y % 10).append(carry > 0 ? "+1" : "");
      boolean last = x < 10 && y < 10;
      result.insert(0, last ? sum : sum % 10);
      out.append('=').append(sum).append("→").append(result).append(last ? "" : "\n");
      carry = sum / 10;
    }
    return out.toString();
  }

  /** {@code 13-6=7→7}: ten is borrowed where a digit is too small; needs {@code a >= b}. */
  static String minusSteps(int a, int b) {
    StringBuilder out = new StringBuilder();
    StringBuilder result = new StringBuilder();
    int borrow = 0;
    for (int x = a, y = b; x > 0 || y > 0; x /= 10, y /= 10) {
      int difference = x % 10 - y % 10 - borrow;
      boolean borrows = difference < 0;
      difference += borrows ? 10 : 0;
      out.append(out.isEmpty() ? "" : "\n");
      out.append(borrows ? x % 10 + 10 : x % 10).append('-').append(y % 10);
      out.append(borrow > 0 ? "-1" : "").append('=').append(difference);
      result.insert(0, difference);
      out.append("→").append(result);
      borrow = borrows ? 1 : 0;
    }
    return out.toString();
  }

  /** Sums as a product needs them, without steps: {@code 1200+210=1410}. */
  static String line(int a, int b) {
    return a + "+" + b + "=" + (a + b);
  }

  static List<Generator> both() {
    return List.of(Sums::plus, Sums::minus);
  }
}
