// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

/** Multiplication by parts, division with remainder. */
final class Products {
  private static final Page PAGE = Page.of("products");

  private static final Both TIMES = PAGE.both("times");

  private static final Both DIVIDED = PAGE.both("divided");

  private record Pair(int a, int b) {}

  private Products() {}

  static Exercise times(Draw d) {
    Pair p = d.value(() -> pair(d));
    String question = d.ask(TIMES, "a", p.a, "b", p.b);
    String answer = Integer.toString(p.a * p.b);
    return p.a <= 10 && p.b <= 10
        ? d.exact(question, answer)
        : d.exact(question, steps(p.a, p.b), answer);
  }

  private static Pair pair(Draw d) {
    return switch (d.between(0, 9)) {
      case 0, 1 -> new Pair(d.between(0, 10), d.between(0, 10));
      case 2, 3 -> new Pair(d.between(11, 99), d.between(2, 9));
      case 4 -> new Pair(d.between(2, 9), d.between(11, 99));
      default -> new Pair(d.between(10, 99), d.between(10, 99));
    };
  }

  /** The four products of tens and ones, then their sum, one term at a time. */
  static String steps(int a, int b) {
    StringBuilder out = new StringBuilder();
    int sum = -1;
    for (int x : new int[] {a / 10 * 10, a % 10}) {
      for (int y : new int[] {b / 10 * 10, b % 10}) {
        if (x == 0 || y == 0) {
          continue;
        }
        out.append(out.isEmpty() ? "" : "\n").append(x + "×" + y + "=" + x * y);
        if (sum >= 0) {
          out.append("\n").append(Sums.line(sum, x * y));
        }
        sum = Math.max(sum, 0) + x * y;
      }
    }
    return out.toString();
  }

  static Exercise divided(Draw d) {
    Pair p =
        d.value(
            () -> {
              int b = d.between(2, 9);
              return new Pair(d.chance(0.6) ? b * d.between(1, 12) : d.between(b, 12 * b), b);
            });
    int quotient = p.a / p.b;
    int rest = p.a % p.b;
    String question = d.ask(DIVIDED, "a", p.a, "b", p.b);
    if (rest == 0) {
      return d.exact(question, p.b + "×" + quotient + "=" + p.a, Integer.toString(quotient));
    }
    String steps =
        p.b
            + "×"
            + quotient
            + "="
            + p.b * quotient
            + "\n"
            + p.a
            + "-"
            + p.b * quotient
            + "="
            + rest;
    return d.exact(question, steps, quotient + d.local(" remainder ", " 余 ") + rest);
  }
}
