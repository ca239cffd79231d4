// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import java.util.Locale;

/**
 * What one rendering may use. A template comes from a stranger's file, so everything that grows is
 * counted before it is made.
 */
final class Budget {
  /** Work in steps; one step is about 50 ns, so this is a few seconds at most. */
  static final long MAX_STEPS = 20_000_000;

  /** Characters of all strings that are made, output included: bounds the memory. */
  static final long MAX_CHARS = 64L << 20;

  /** Nested expressions, statements, calls and values: each takes some 300 bytes of stack. */
  static final int MAX_DEPTH = 400;

  /** What one element of a new collection costs in steps, for the memory that it holds. */
  private static final int ITEM_STEPS = 8;

  /** Characters that are read in the time of a step. */
  private static final int SCANNED_PER_STEP = 16;

  private long steps = MAX_STEPS;
  private long chars = MAX_CHARS;
  private int depth;

  void step() {
    steps(1);
  }

  private void steps(long count) {
    steps -= count;
    if (steps < 0) {
      throw tooMuch("takes more than %,d steps", MAX_STEPS);
    }
  }

  /** Before a collection of so many elements is made. */
  void items(long count) {
    if (count > MAX_STEPS) {
      throw tooMuch("makes a collection of %,d elements", count);
    }
    steps(ITEM_STEPS * count);
  }

  /** Before a text of so many characters is made. */
  void chars(long count) {
    chars -= count;
    if (chars < 0 || count < 0) {
      throw tooMuch("makes more than %,d characters of text", MAX_CHARS);
    }
    steps(count / SCANNED_PER_STEP);
  }

  /** A text that was just made. */
  String text(String made) {
    chars(made.length());
    return made;
  }

  /** Before a text of so many characters is read through. */
  void scan(long count) {
    steps(1 + count / SCANNED_PER_STEP);
  }

  /** Before a value is read through, if it is a text. */
  void scan(Object value) {
    scan(value instanceof String text ? text.length() : 0L);
  }

  /** Before a text is searched for another; the worst case is the product of the lengths. */
  void search(String text, String wanted) {
    long product = (long) text.length() * Math.max(1, wanted.length());
    steps(1 + product / (SCANNED_PER_STEP * SCANNED_PER_STEP));
  }

  void enter() {
    if (++depth > MAX_DEPTH) {
      throw tooMuch("nests or recurses more than %,d levels deep", MAX_DEPTH);
    }
    step();
  }

  void leave() {
    depth--;
  }

  private static Fault tooMuch(String format, long limit) {
    return Fault.input(
        "the template " + String.format(Locale.ROOT, format, limit) + "; it was stopped");
  }
}
