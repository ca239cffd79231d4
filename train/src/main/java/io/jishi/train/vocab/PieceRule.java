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
    return before[length - 1] == SPACE || script(before[length - 1]) == script(next);
  }

  /** Japanese syllables go with Chinese characters. */
  private static UnicodeScript script(int c) {
    UnicodeScript script = UnicodeScript.of(c);
    boolean syllable = script == UnicodeScript.HIRAGANA || script == UnicodeScript.KATAKANA;
    return syllable || c == 0x30FC ? UnicodeScript.HAN : script;
  }
}
