// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Literals of Python, {@code 'text'} and {@code b'bytes'}, as files of tokens hold them. */
final class PythonLiteral {
  private final String source;
  private final String text;
  private final boolean bytes;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private int at;

  private PythonLiteral(String source, String text, boolean bytes) {
    this.source = source;
    this.text = text;
    this.bytes = bytes;
  }

  /** The bytes of a literal, a text in UTF-8. */
  static byte[] read(String source, String literal) {
    boolean bytes = literal.startsWith("b");
    String quoted = bytes ? literal.substring(1) : literal;
    int end = quoted.length() - 1;
    char quote = quoted.isEmpty() ? 0 : quoted.charAt(0);
    if (end < 1 || quote != '\'' && quote != '"' || quoted.charAt(end) != quote) {
      throw new JishiException.BadFile(source + ": expected a literal between quotes: " + literal);
    }
    return unescape(source, quoted.substring(1, end), bytes);
  }

  /**
   * The bytes of what stands between quotes.
   *
   * @param bytes whether {@code \xHH} is a byte; else it is a character
   */
  static byte[] unescape(String source, String text, boolean bytes) {
    return new PythonLiteral(source, text, bytes).all();
  }

  /** The literal of some bytes. */
  static String ofBytes(byte[] bytes) {
    StringBuilder literal = new StringBuilder("b'");
    for (byte b : bytes) {
      if (b >= ' ' && b < 0x7F && b != '\'' && b != '\\') {
        literal.append((char) b);
      } else {
        literal.append("\\x%02x".formatted(b & 0xFF));
      }
    }
    return literal.append('\'').toString();
  }

  private byte[] all() {
    while (at < text.length()) {
      int c = text.codePointAt(at);
      at += Character.charCount(c);
      if (c == '\\') {
        escape();
      } else {
        character(c);
      }
    }
    return out.toByteArray();
  }

  private void character(int c) {
    out.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
  }

  private void escape() {
    char c = at < text.length() ? text.charAt(at++) : 0;
    switch (c) {
      case 'n' -> out.write('\n');
      case 'r' -> out.write('\r');
      case 't' -> out.write('\t');
      case '\\', '\'', '"' -> out.write(c);
      case 'x' -> {
        int value = hex(2);
        if (bytes) {
          out.write(value);
        } else {
          character(value);
        }
      }
      case 'u' -> character(hex(4));
      case 'U' -> character(hex(8));
      default -> throw bad();
    }
  }

  private int hex(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = at < text.length() ? Character.digit(text.charAt(at++), 16) : -1;
      if (digit < 0 || value > 0x10FFFF) {
        throw bad();
      }
      value = value << 4 | digit;
    }
    if (!Character.isValidCodePoint(value)) {
      throw bad();
    }
    return value;
  }

  private JishiException bad() {
    return new JishiException.BadFile(
        "%s: the escape before character %d is not known: %s".formatted(source, at, text));
  }
}
