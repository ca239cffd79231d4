// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

/** Bytes that come one by one to characters; an unfinished character waits. */
final class Utf8Assembler {
  /** How many U+FFFD an invalid sequence becomes. */
  enum Errors {
    /** One for each maximal part of a character (Unicode 16, section 3.9; Rust, Java, WHATWG). */
    PER_SEQUENCE,
    /** One for each byte (SentencePiece). */
    PER_BYTE
  }

  private final Errors errors;
  private final StringBuilder out = new StringBuilder();
  private int codePoint;
  private int have;
  private int need;

  Utf8Assembler(Errors errors) {
    this.errors = errors;
  }

  void append(int b) {
    if (have > 0) {
      if (continues(b)) {
        codePoint = codePoint << 6 | b & 0x3F;
        if (++have == need) {
          out.appendCodePoint(codePoint);
          have = 0;
        }
        return;
      }
      breakOff();
    }
    if (b < 0x80) {
      out.append((char) b);
    } else if (b < 0xC2 || b > 0xF4) {
      out.append('\uFFFD');
    } else {
      have = 1;
      need = b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
      codePoint = b & 0x7F >> need;
    }
  }

  /** Takes the text that is complete. */
  String take() {
    String text = out.toString();
    out.setLength(0);
    return text;
  }

  /** Gives up an unfinished character. */
  void breakOff() {
    if (have > 0) {
      out.repeat('\uFFFD', errors == Errors.PER_BYTE ? have : 1);
      have = 0;
    }
  }

  /** Second bytes are narrower for some first bytes: no overlong form, no surrogate (table 3-7). */
  private boolean continues(int b) {
    if (have > 1 || need == 2) {
      return b >= 0x80 && b <= 0xBF;
    }
    int low = 0x80;
    int high = 0xBF;
    if (need == 3) {
      low = codePoint == 0 ? 0xA0 : low;
      high = codePoint == 0xD ? 0x9F : high;
    } else {
      low = codePoint == 0 ? 0x90 : low;
      high = codePoint == 4 ? 0x8F : high;
    }
    return b >= low && b <= high;
  }
}
