// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

/**
 * WordPiece (Wu et al. 2016, section 4.1): the longest piece that the word begins with, then the
 * longest that continues it, and so on; a word that cannot be written so is unknown as a whole.
 *
 * @param unknown the token of such a word
 * @param longest characters of the longest piece
 * @param continues what stands before a piece that continues a word, for example {@code "##"}
 * @param begins what stands before a piece that begins one
 * @param maxCharacters a longer word is unknown
 */
record WordPieceModel(
    Vocabulary vocabulary,
    int unknown,
    int longest,
    String begins,
    String continues,
    int maxCharacters)
    implements WordModel {

  /** The model of a vocabulary; it measures the pieces. */
  static WordPieceModel of(
      Vocabulary vocabulary, int unknown, String begins, String continues, int maxCharacters) {
    int longest = 1;
    for (int id = 0; id < vocabulary.size(); id++) {
      longest = Math.max(longest, vocabulary.piece(id).length());
    }
    return new WordPieceModel(vocabulary, unknown, longest, begins, continues, maxCharacters);
  }

  @Override
  public void encode(String text, int from, int to, IntList out) {
    if (to - from > maxCharacters && text.codePointCount(from, to) > maxCharacters) {
      out.add(unknown);
      return;
    }
    IntList pieces = new IntList();
    for (int at = from; at < to; ) {
      String before = at == from ? begins : continues;
      int end = Math.min(to, at + longest);
      int id = -1;
      while (end > at) {
        id = vocabulary.find(before + text.substring(at, end));
        out.work++;
        if (id >= 0 && vocabulary.isText(id)) {
          break;
        }
        id = -1;
        end = text.offsetByCodePoints(end, -1);
      }
      if (id < 0) {
        out.add(unknown);
        return;
      }
      pieces.add(id);
      at = end;
    }
    out.addAll(pieces.toArray());
  }
}
