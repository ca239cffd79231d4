// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The symbol that a character begins as: the token of that character alone, where there is one. */
final class Symbols {
  private int[] low = new int[0];
  private final Map<Integer, Integer> high = new HashMap<>();

  /** The symbol of a code point, or -1. */
  int of(int codePoint) {
    if (codePoint < low.length) {
      return low[codePoint];
    }
    return codePoint < 0x10000 ? -1 : high.getOrDefault(codePoint, -1);
  }

  void put(int codePoint, int symbol) {
    if (codePoint >= 0x10000) {
      high.put(codePoint, symbol);
      return;
    }
    if (codePoint >= low.length) {
      int had = low.length;
      low = Arrays.copyOf(low, Math.min(0x10000, Math.max(codePoint + 1, had * 2)));
      Arrays.fill(low, had, low.length, -1);
    }
    low[codePoint] = symbol;
  }

  /** The symbols of all pieces of one character that text may become. */
  static Symbols of(Vocabulary vocabulary) {
    Symbols symbols = new Symbols();
    for (int id = 0; id < vocabulary.size(); id++) {
      String piece = vocabulary.piece(id);
      if (vocabulary.isText(id) && isOneCharacter(piece) && symbols.of(piece.codePointAt(0)) < 0) {
        symbols.put(piece.codePointAt(0), id);
      }
    }
    return symbols;
  }

  static boolean isOneCharacter(String piece) {
    return !piece.isEmpty() && piece.length() == Character.charCount(piece.codePointAt(0));
  }
}
