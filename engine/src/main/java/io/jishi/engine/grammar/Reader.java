// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import io.jishi.base.JishiException;

/** Reads a source character by character; errors name the field and the place. */
final class Reader {
  /** Longest source, UTF-16 units. */
  private static final int MAX_SOURCE = 1 << 20;

  private static final int MAX_DEPTH = 200;

  final String field;
  final String text;
  int at;
  private int depth;

  Reader(String field, String text) {
    this.field = field;
    this.text = text;
    if (text.length() > MAX_SOURCE) {
      throw bad(text.length() + " characters; at most " + MAX_SOURCE + " are read");
    }
  }

  boolean more() {
    return at < text.length();
  }

  /** The character here, or -1 at the end. */
  int peek() {
    return more() ? text.codePointAt(at) : -1;
  }

  int next() {
    if (!more()) {
      throw bad("it ends too early");
    }
    int c = text.codePointAt(at);
    at += Character.charCount(c);
    if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
      throw bad("half a surrogate pair");
    }
    return c;
  }

  /** Takes the words where they stand here. */
  boolean take(String words) {
    if (text.startsWith(words, at)) {
      at += words.length();
      return true;
    }
    return false;
  }

  void expect(String words) {
    if (!take(words)) {
      throw bad("'" + words + "' expected");
    }
  }

  /** A whole number; at most nine digits. */
  int number() {
    int from = at;
    while (more() && Character.digit(text.charAt(at), 10) >= 0 && text.charAt(at) < 128) {
      at++;
    }
    if (from == at || at - from > 9) {
      throw bad("a number of one to nine digits expected");
    }
    return Integer.parseInt(text.substring(from, at));
  }

  /** A character by this many hexadecimal digits. */
  int hex(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(next(), 16);
      if (digit < 0) {
        throw bad(digits + " hexadecimal digits expected");
      }
      value = value * 16 + digit;
    }
    return scalar(value);
  }

  int scalar(int c) {
    if (c < 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) {
      throw bad("U+" + Integer.toHexString(c) + " is no character");
    }
    return c;
  }

  void enter() {
    if (++depth > MAX_DEPTH) {
      throw bad("nested more than " + MAX_DEPTH + " deep");
    }
  }

  void leave() {
    depth--;
  }

  JishiException.BadRequest bad(String why) {
    return new JishiException.BadRequest(field, field + ": " + why + " (at character " + at + ")");
  }

  JishiException.BadRequest badAt(int place, String why) {
    at = place;
    return bad(why);
  }
}
