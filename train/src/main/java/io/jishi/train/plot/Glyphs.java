// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.plot;

/** Letters of 5 by 7 dots, for labels; capitals are drawn small, what is not there as a dash. */
final class Glyphs {
  static final int WIDTH = 5;
  static final int HEIGHT = 7;

  private static final String LETTERS = "0123456789.-+,()/:_ abcdefghijklmnopqrstuvwxyz";

  /** 35 dots each, row after row, the first dot in the highest of 35 bits. */
  private static final long[] DOTS = {
    0x3a33ae62eL,
    0x11842108eL,
    0x3a213221fL,
    0x3a213062eL,
    0x08ca97c42L,
    0x7e1e0862eL,
    0x1910f462eL,
    0x7c2222108L,
    0x3a317462eL,
    0x3a317844cL,
    0x0000000c6L,
    0x000070000L,
    0x0084f9080L,
    0x000001888L,
    0x088842082L,
    0x208210888L,
    0x044222110L,
    0x00c6018c0L,
    0x00000001fL,
    0x000000000L,
    0x000e0be2fL,
    0x421e8c63eL,
    0x000e8422eL,
    0x042f8c62fL,
    0x000e8fe0eL,
    0x1928e2108L,
    0x01f18bc2eL,
    0x4216cc631L,
    0x100c2108eL,
    0x080610a4cL,
    0x4212a6292L,
    0x30842108eL,
    0x001aad631L,
    0x0016cc631L,
    0x000e8c62eL,
    0x001e8fa10L,
    0x000d9bc21L,
    0x0016cc210L,
    0x000e8383eL,
    0x211c42126L,
    0x00118c66dL,
    0x00118c544L,
    0x00118d6aaL,
    0x001151151L,
    0x00118bc2eL,
    0x001f1111fL
  };

  private Glyphs() {}

  /** Whether a dot of a letter is set. */
  static boolean set(char letter, int col, int row) {
    int index = LETTERS.indexOf(Character.toLowerCase(letter));
    long dots = DOTS[index < 0 ? LETTERS.indexOf('-') : index];
    return (dots >> WIDTH * HEIGHT - 1 - (row * WIDTH + col) & 1) != 0;
  }

  /** Dots that a text is wide. */
  static int width(String text) {
    return text.length() * (WIDTH + 1);
  }
}
