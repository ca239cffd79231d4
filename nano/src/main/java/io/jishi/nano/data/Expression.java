// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Sums, differences and products of whole numbers, with brackets: {@code (4+5)*7}. */
final class Expression {
  private static final int LONGEST = 100;

  private final String text;
  private int at;

  private Expression(String text) {
    this.text = text;
  }

  /** Its value; empty where it is malformed or too long. */
  static OptionalLong value(String text) {
    if (text.length() > LONGEST) {
      return OptionalLong.empty();
    }
    try {
      Expression read = new Expression(text);
      long value = read.sum();
      return read.at == text.length() ? OptionalLong.of(value) : OptionalLong.empty();
    } catch (ArithmeticException | NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** Whether its numbers are these, each as often as it stands here. */
  static boolean uses(String text, List<Integer> numbers) {
    List<String> found = new ArrayList<>(List.of(text.split("[^0-9]+")));
    found.removeIf(String::isEmpty);
    List<String> wanted = new ArrayList<>(numbers.stream().map(n -> Integer.toString(n)).toList());
    found.sort(null);
    wanted.sort(null);
    return found.equals(wanted);
  }

  private long sum() {
    long value = product();
    while (at < text.length() && "+-".indexOf(text.charAt(at)) >= 0) {
      boolean plus = text.charAt(at++) == '+';
      long next = product();
      value = plus ? Math.addExact(value, next) : Math.subtractExact(value, next);
    }
    return value;
  }

  private long product() {
    long value = atom();
    while (at < text.length() && text.charAt(at) == '*') {
      at++;
      value = Math.multiplyExact(value, atom());
    }
    return value;
  }

  private long atom() {
    if (at < text.length() && text.charAt(at) == '(') {
      at++;
      long value = sum();
      if (at == text.length() || text.charAt(at) != ')') {
        throw new NumberFormatException("no closing bracket");
      }
      at++;
      return value;
    }
    int from = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    return Long.parseLong(text.substring(from, at));
  }
}
