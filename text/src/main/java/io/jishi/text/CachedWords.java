// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

/**
 * Remembers the tokens of short words: most words of a text were seen before. The table has a fixed
 * size and a newer word takes the place of an older one, so no text makes it grow. Entries are
 * immutable and each stands alone, so threads may read and write without a lock: what one misses it
 * computes again.
 */
final class CachedWords implements WordModel {
  private static final int BITS = 16;

  /** Longer words seldom come again; with this bound a full table stays below 15 MB. */
  private static final int MAX_LENGTH = 32;

  private record Entry(int hash, String word, int[] tokens) {}

  private final WordModel model;
  private final Entry[] table = new Entry[1 << BITS];

  CachedWords(WordModel model) {
    this.model = model;
  }

  @Override
  public void encode(String text, int from, int to, IntList out) {
    int length = to - from;
    if (length > MAX_LENGTH) {
      model.encode(text, from, to, out);
      return;
    }
    int hash = length;
    for (int i = from; i < to; i++) {
      hash = hash * 31 + text.charAt(i);
    }
    int slot = (hash ^ hash >>> 15) * 0x9E3779B1 >>> 32 - BITS;
    Entry entry = table[slot];
    if (!fits(entry, hash, text, from, length)) {
      entry = table[slot ^ 1];
      if (!fits(entry, hash, text, from, length)) {
        entry = remember(slot, hash, text.substring(from, to), out);
      }
    }
    out.addAll(entry.tokens);
  }

  private static boolean fits(Entry entry, int hash, String text, int from, int length) {
    return entry != null
        && entry.hash == hash
        && entry.word.length() == length
        && text.startsWith(entry.word, from);
  }

  /** Puts a word in its place; the word that was there goes next door. */
  private Entry remember(int slot, int hash, String word, IntList out) {
    IntList tokens = new IntList();
    model.encode(word, 0, word.length(), tokens);
    out.work += tokens.work;
    Entry entry = new Entry(hash, word, tokens.toArray());
    table[slot ^ 1] = table[slot];
    table[slot] = entry;
    return entry;
  }
}
