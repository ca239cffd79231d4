// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

/**
 * Cuts a text where no piece of the vocabulary holds the two characters side by side: no merge can
 * cross such a border, so the parts may be encoded alone, and most of them are words that were seen
 * before. This is what makes SentencePiece BPE, which has no word rule, as fast as the others.
 */
final class CutWords implements WordModel {
  /** A set of pairs by hash, 512 KB: two pairs that share a bit cost a cut, never a wrong one. */
  private static final int BITS = 22;

  private final long[] together = new long[1 << BITS - 6];
  private final Symbols symbols;
  private final WordModel model;

  /**
   * @param symbols the characters that have a symbol: two without are never parted, since together
   *     they may be one unknown token
   */
  CutWords(Vocabulary vocabulary, Symbols symbols, WordModel model) {
    this.symbols = symbols;
    this.model = model;
    for (int id = 0; id < vocabulary.size(); id++) {
      if (vocabulary.isText(id)) {
        String piece = vocabulary.piece(id);
        for (int i = 1; i < piece.length(); i++) {
          int bit = bit(piece.charAt(i - 1), piece.charAt(i));
          together[bit >>> 6] |= 1L << bit;
        }
      }
    }
  }

  private static int bit(char left, char right) {
    int pair = left << 16 | right;
    return (pair ^ pair >>> 15) * 0x9E3779B1 >>> 32 - BITS;
  }

  @Override
  public void encode(String text, int from, int to, IntList out) {
    int start = from;
    char left = text.charAt(from);
    for (int i = from + 1; i < to; i++) {
      char right = text.charAt(i);
      int bit = bit(left, right);
      if ((together[bit >>> 6] >>> bit & 1) == 0 && mayPart(text, left, right, i)) {
        model.encode(text, start, i, out);
        start = i;
      }
      left = right;
    }
    out.work += to - from;
    model.encode(text, start, to, out);
  }

  private boolean mayPart(String text, char left, char right, int at) {
    return !Character.isLowSurrogate(right)
        && (symbols.of(text.codePointBefore(at)) >= 0 || symbols.of(text.codePointAt(at)) >= 0);
  }
}
