// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.lang.Character.UnicodeScript;

/** The classes of characters that word rules ask for, as bits. */
final class CharClass {
  /** Capital and title-case letters: Lu, Lt. */
  static final int UPPER = 1;

  /** Small letters: Ll. */
  static final int LOWER = 2;

  /** Letters without case: Lm, Lo. */
  static final int UNCASED = 4;

  /** Marks: M. */
  static final int MARK = 8;

  /** Numbers: N. */
  static final int NUMBER = 16;

  /** White space, line ends included. */
  static final int SPACE = 32;

  /** Punctuation and symbols: P, S. */
  static final int SIGN = 64;

  /** The script Han, whatever else the character is. */
  static final int HAN = 128;

  static final int LETTER = UPPER | LOWER | UNCASED;

  private static final byte[] TABLE = new byte[0x10000];

  static {
    for (int c = 0; c < TABLE.length; c++) {
      TABLE[c] = (byte) classify(c);
    }
  }

  private CharClass() {}

  /** The classes of the code point; none for control and unassigned characters. */
  static int of(int codePoint) {
    return codePoint < 0x10000 ? TABLE[codePoint] & 0xFF : classify(codePoint);
  }

  static boolean isNewline(int codePoint) {
    return codePoint == '\n' || codePoint == '\r';
  }

  private static int classify(int c) {
    int general =
        switch (Character.getType(c)) {
          case Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER -> UPPER;
          case Character.LOWERCASE_LETTER -> LOWER;
          case Character.MODIFIER_LETTER, Character.OTHER_LETTER -> UNCASED;
          case Character.NON_SPACING_MARK,
              Character.COMBINING_SPACING_MARK,
              Character.ENCLOSING_MARK ->
              MARK;
          case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
              NUMBER;
          case Character.CONNECTOR_PUNCTUATION,
              Character.DASH_PUNCTUATION,
              Character.START_PUNCTUATION,
              Character.END_PUNCTUATION,
              Character.INITIAL_QUOTE_PUNCTUATION,
              Character.FINAL_QUOTE_PUNCTUATION,
              Character.OTHER_PUNCTUATION,
              Character.MATH_SYMBOL,
              Character.CURRENCY_SYMBOL,
              Character.MODIFIER_SYMBOL,
              Character.OTHER_SYMBOL ->
              SIGN;
          default -> 0;
        };
    boolean space = c <= 0x3000 && isWhiteSpace(c);
    boolean han = c >= 0x2E80 && UnicodeScript.of(c) == UnicodeScript.HAN;
    return general | (space ? SPACE : 0) | (han ? HAN : 0);
  }

  /** The property White_Space, whole. */
  static boolean isWhiteSpace(int c) {
    return c >= 9 && c <= 13
        || c == ' '
        || c == 0x85
        || c == 0xA0
        || c == 0x1680
        || c >= 0x2000 && c <= 0x200A
        || c == 0x2028
        || c == 0x2029
        || c == 0x202F
        || c == 0x205F
        || c == 0x3000;
  }
}
