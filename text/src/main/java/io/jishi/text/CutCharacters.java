// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

/**
 * Cuts a word of byte-level BPE between two characters where no piece of the vocabulary goes on
 * from one into the other: no merge can cross such a border, so the parts may be encoded alone.
 * Chinese clauses, of which each is new, become words of a few characters that were seen before.
 *
 * <p>Borders between two characters of ASCII are left as they are: words of English are short and
 * come again whole. Where a piece holds a border but only a part of a character beside it, one byte
 * of that part counts, so that some borders are not cut that might be; none is cut wrongly.
 */
final class CutCharacters implements WordModel {
  /** A set of borders by hash, 256 KB: two that share a bit cost a cut, never a wrong one. */
  private static final int BITS = 21;

  /** Stands above all code points, for sides of which one byte is known. */
  private static final int BYTE = 1 << 21;

  private final long[] joined = new long[1 << BITS - 6];
  private final WordModel whole;
  private final WordModel part;

  /**
   * @param whole encodes words without a cut
   * @param part encodes parts of words that were cut
   */
  CutCharacters(Vocabulary vocabulary, WordModel whole, WordModel part) {
    this.whole = whole;
    this.part = part;
    for (int id = 0; id < vocabulary.size(); id++) {
      if (vocabulary.isText(id) && vocabulary.piece(id).length() > 1) {
        joinAll(ByteAlphabet.decode(vocabulary.piece(id)));
      }
    }
  }

  /** Whether each byte is a symbol of its own, so that all merges happen within the bytes. */
  static boolean fits(BpeModel bpe) {
    for (int b = 0; b < 256; b++) {
      if (bpe.symbols().of(ByteAlphabet.of(b)) < 0) {
        return false;
      }
    }
    return true;
  }

  /** Notes the borders of characters within a piece. */
  private void joinAll(byte[] bytes) {
    for (int i = 1; i < bytes.length; i++) {
      if (!continues(bytes[i])) {
        set(left(bytes, i), right(bytes, i));
      }
    }
  }

  private static boolean continues(byte b) {
    return (b & 0xC0) == 0x80;
  }

  /** The character that ends before a border; its last byte where the piece holds but a part. */
  private static int left(byte[] bytes, int border) {
    int start = border - 1;
    while (start > 0 && continues(bytes[start])) {
      start--;
    }
    int c = codePoint(bytes, start, border);
    return c >= 0 ? c : BYTE | bytes[border - 1] & 0xFF;
  }

  /** The character that begins behind a border; its first byte where the piece holds but a part. */
  private static int right(byte[] bytes, int border) {
    int end = border + 1;
    while (end < bytes.length && continues(bytes[end])) {
      end++;
    }
    int c = codePoint(bytes, border, end);
    return c >= 0 ? c : BYTE | bytes[border] & 0xFF;
  }

  /** The code point whose bytes these are, all of them; or −1. */
  private static int codePoint(byte[] bytes, int from, int to) {
    int lead = bytes[from] & 0xFF;
    int length = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (length != to - from) {
      return -1;
    }
    int c = length == 1 ? lead : lead & (0x7F >> length);
    for (int i = from + 1; i < to; i++) {
      c = c << 6 | bytes[i] & 0x3F;
    }
    return c;
  }

  private static int bit(int left, int right) {
    long pair = ((long) left << 32 | right) * 0x9E3779B97F4A7C15L;
    return (int) ((pair ^ pair >>> 32) * 0xBF58476D1CE4E5B9L >>> 64 - BITS);
  }

  private void set(int left, int right) {
    int bit = bit(left, right);
    joined[bit >>> 6] |= 1L << bit;
  }

  private boolean has(int left, int right) {
    int bit = bit(left, right);
    return (joined[bit >>> 6] >>> bit & 1) != 0;
  }

  private boolean mayPart(int left, int right) {
    if (has(left, right)) {
      return false;
    }
    int last = BYTE | (left < 0x80 ? left : 0x80 | left & 0x3F);
    int first = BYTE | first(right);
    return !has(left, first) && !has(last, right) && !has(last, first);
  }

  /** The first byte of a code point in UTF-8. */
  private static int first(int c) {
    if (c < 0x80) {
      return c;
    }
    return c < 0x800 ? 0xC0 | c >> 6 : c < 0x10000 ? 0xE0 | c >> 12 : 0xF0 | c >> 18;
  }

  @Override
  public void encode(String text, int from, int to, IntList out) {
    int start = from;
    int left = text.codePointAt(from);
    for (int i = from + Character.charCount(left); i < to; ) {
      int right = text.codePointAt(i);
      if ((left | right) >= 0x80 && mayPart(left, right)) {
        part.encode(text, start, i, out);
        start = i;
      }
      left = right;
      i += Character.charCount(right);
    }
    out.work += to - from;
    (start == from ? whole : part).encode(text, start, to, out);
  }
}
