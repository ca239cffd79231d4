// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.vocab;

import java.lang.Character.UnicodeScript;

/**
 * Which strings may become pieces of a unigram vocabulary, as SentencePiece has it: some 16
 * characters, all of one script, a space only in front.
 */
final class PieceRule {
  /** Stands for a space. */
  static final int SPACE = '\u2581';

  static final int MAX_LENGTH = 16;

  private PieceRule() {}

  /**
   * Whether a piece may go on with a character.
   *
   * @param before the characters so far, themselves a piece or empty
   */
  static boolean goesOn(int[] before, int length, int next) {
    if (length == 0) {
      return true;
    }
    if (length >= MAX_LENGTH || next == SPACE || next == '\n' || before[length - 1] == '\n') {
      return false;
    }
    UnicodeScript script = script(next);
    for (int i = length - 1; i >= 0 && script != UnicodeScript.INHERITED; i--) {
      UnicodeScript other = script(before[i]);
      if (before[i] == SPACE) {
        return true;
      }
      if (other != UnicodeScript.INHERITED) {
        return other == script;
      }
    }
    return true;
  }

  /** Japanese syllables go with Chinese characters, what is not assigned with signs. */
  private static UnicodeScript script(int c) {
    UnicodeScript script = UnicodeScript.of(c);
    if (script == UnicodeScript.UNKNOWN) {
      return UnicodeScript.COMMON;
    }
    boolean syllable = script == UnicodeScript.HIRAGANA || script == UnicodeScript.KATAKANA;
    return syllable || c == 0x30FC ? UnicodeScript.HAN : script;
  }
}
