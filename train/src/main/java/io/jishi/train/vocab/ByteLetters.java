// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.vocab;

/**
 * The letters that stand for bytes in byte-level vocabularies (Radford et al. 2019): printable
 * Latin-1 for itself, the other bytes in order from U+0100 on. Ids go by the letters' order.
 */
final class ByteLetters {
  private static final char[] LETTERS = new char[256];
  private static final int[] RANKS = new int[256];

  static {
    char next = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b != 0xAD;
      LETTERS[b] = printable ? (char) b : next++;
    }
    for (int a = 0; a < 256; a++) {
      for (int b = 0; b < 256; b++) {
        RANKS[a] += LETTERS[b] < LETTERS[a] ? 1 : 0;
      }
    }
  }

  private ByteLetters() {}

  /** The letter of a byte, {@code 0 … 255}. */
  static char of(int b) {
    return LETTERS[b];
  }

  /** Where the letter of a byte stands among all 256. */
  static int rank(int b) {
    return RANKS[b];
  }
}
