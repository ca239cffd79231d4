// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

/**
 * Byte-pair encoding of one word: characters become symbols, and the pair of the lowest rank, at
 * equal rank the leftmost, is joined until none is left (Sennrich et al. 2016, section 3.2). A heap
 * holds the pairs and a linked list the symbols: {@code O(n log n)} for {@code n} characters.
 *
 * @param symbols the symbol of a code point; symbols of {@code vocabulary.size()} and more are
 *     characters that only longer pieces contain
 * @param pairs which symbols join, in which order, to which token
 * @param byteIds tokens for the bytes of an unknown character, or null
 * @param unknown token for an unknown character, or -1: it is dropped
 * @param fuseUnknown whether unknown characters side by side give one token
 * @param wholeWords whether a word that is a piece is that token, whatever the pairs say
 */
record BpeModel(
    Vocabulary vocabulary,
    Symbols symbols,
    PairTable pairs,
    int[] byteIds,
    int unknown,
    boolean fuseUnknown,
    boolean wholeWords)
    implements WordModel {

  @Override
  public void encode(String text, int from, int to, IntList out) {
    String word = text.substring(from, to);
    if (wholeWords) {
      int id = vocabulary.find(word);
      if (id >= 0 && vocabulary.isText(id)) {
        out.add(id);
        return;
      }
    }
    Word state = new Word(word);
    out.work += state.merge();
    state.emit(out);
  }

  /** The same without whole words: the pairs alone. */
  BpeModel merging() {
    return new BpeModel(vocabulary, symbols, pairs, byteIds, unknown, fuseUnknown, false);
  }

  /** Whether every character becomes a token, so that a text may be cut where no pair joins. */
  boolean emitsAll() {
    boolean allBytes = byteIds != null && java.util.Arrays.stream(byteIds).allMatch(id -> id >= 0);
    return !wholeWords && (unknown >= 0 || allBytes);
  }

  /** Whether the character leaves a trace: if not, its neighbours become neighbours. */
  private boolean isKnown(int codePoint) {
    return unknown >= 0 || symbols.of(codePoint) >= 0 || hasBytes(codePoint);
  }

  private boolean hasBytes(int codePoint) {
    if (byteIds == null) {
      return false;
    }
    for (int b : utf8(codePoint)) {
      if (byteIds[b] < 0) {
        return false;
      }
    }
    return true;
  }

  /** Bytes of a code point in UTF-8. */
  static int utf8Length(int c) {
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  }

  /** The bytes of a code point in UTF-8. */
  static int[] utf8(int c) {
    if (c < 0x80) {
      return new int[] {c};
    }
    if (c < 0x800) {
      return new int[] {0xC0 | c >> 6, 0x80 | c & 0x3F};
    }
    if (c < 0x10000) {
      return new int[] {0xE0 | c >> 12, 0x80 | c >> 6 & 0x3F, 0x80 | c & 0x3F};
    }
    return new int[] {0xF0 | c >> 18, 0x80 | c >> 12 & 0x3F, 0x80 | c >> 6 & 0x3F, 0x80 | c & 0x3F};
  }

  /** The symbols of one word as a linked list over arrays. */
  private final class Word {
    private final int[] codePoints;
    private final int[] symbol;
    private final int[] next;
    private final int[] previous;
    private final int size;

    Word(String word) {
      codePoints = new int[word.length()];
      size = load(word);
      symbol = new int[size];
      next = new int[size];
      previous = new int[size];
      for (int i = 0; i < size; i++) {
        symbol[i] = symbols.of(codePoints[i]);
        next[i] = i + 1;
        previous[i] = i - 1;
      }
    }

    private int load(String word) {
      int n = 0;
      for (int i = 0; i < word.length(); ) {
        int c = word.codePointAt(i);
        i += Character.charCount(c);
        if (isKnown(c)) {
          codePoints[n++] = c;
        }
      }
      return n;
    }

    /** Joins what can be joined; returns the steps. */
    long merge() {
      LongHeap heap = new LongHeap(size);
      for (int i = 0; i + 1 < size; i++) {
        push(heap, i);
      }
      while (!heap.isEmpty()) {
        long top = heap.pop();
        int at = (int) top;
        int entry = pairAt(at);
        // An entry is stale where its symbols have changed since; equal ranks mean equal urgency.
        if (entry < 0 || pairs.rank(entry) != (int) (top >>> 32)) {
          continue;
        }
        join(at, pairs.result(entry));
        push(heap, at);
        if (previous[at] >= 0) {
          push(heap, previous[at]);
        }
      }
      return size + heap.work();
    }

    private void join(int at, int token) {
      int gone = next[at];
      symbol[at] = token;
      symbol[gone] = -1;
      next[at] = next[gone];
      next[gone] = size;
      if (next[at] < size) {
        previous[next[at]] = at;
      }
    }

    private void push(LongHeap heap, int at) {
      int entry = pairAt(at);
      if (entry >= 0) {
        heap.push((long) pairs.rank(entry) << 32 | at);
      }
    }

    private int pairAt(int at) {
      int right = next[at];
      return right < size && symbol[at] >= 0 && symbol[right] >= 0
          ? pairs.find(symbol[at], symbol[right])
          : -1;
    }

    void emit(IntList out) {
      boolean afterUnknown = false;
      for (int i = 0; i < size; i = next[i]) {
        if (symbol[i] >= 0 && symbol[i] < vocabulary.size()) {
          out.add(symbol[i]);
          afterUnknown = false;
        } else if (hasBytes(codePoints[i])) {
          for (int b : utf8(codePoints[i])) {
            out.add(byteIds[b]);
          }
          afterUnknown = false;
        } else if (unknown >= 0 && !(afterUnknown && fuseUnknown)) {
          out.add(unknown);
          afterUnknown = true;
        }
      }
    }
  }
}
