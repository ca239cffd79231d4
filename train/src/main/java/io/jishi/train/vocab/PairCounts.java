// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.vocab;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Counts of pairs of neighbours, and for each pair the words in which it may stand. */
final class PairCounts {
  /** Takes a pair and its count. */
  interface Sink {
    /** One pair. */
    void accept(int left, int right, long count);
  }

  private static final class Entry {
    private long count;
    private int[] words = new int[2];
    private int size;
    private boolean pending;

    private void in(int word) {
      if (size > 0 && words[size - 1] == word) {
        return;
      }
      if (size == words.length) {
        words = Arrays.copyOf(words, size * 2);
      }
      words[size++] = word;
    }
  }

  private static final int[] NOWHERE = {};

  private final Map<Long, Entry> entries = new HashMap<>();

  private static long key(int left, int right) {
    return (long) left << 32 | right;
  }

  /**
   * Adds to a count.
   *
   * @param change above 0 where the pair comes to stand in the word
   * @return whether the count has grown for the first time since it was asked for
   */
  boolean add(int left, int right, long change, int word) {
    Entry entry = entries.computeIfAbsent(key(left, right), _ -> new Entry());
    entry.count += change;
    if (change <= 0) {
      return false;
    }
    entry.in(word);
    boolean first = !entry.pending;
    entry.pending = true;
    return first;
  }

  /** The count; 0 where the pair is unknown. */
  long count(int left, int right) {
    Entry entry = entries.get(key(left, right));
    if (entry == null) {
      return 0;
    }
    entry.pending = false;
    return entry.count;
  }

  /** The words in which the pair may stand, some more than once. */
  int[] words(int left, int right) {
    Entry entry = entries.get(key(left, right));
    return entry == null ? NOWHERE : Arrays.copyOf(entry.words, entry.size);
  }

  void remove(int left, int right) {
    entries.remove(key(left, right));
  }

  void forEach(Sink out) {
    entries.forEach(
        (key, entry) -> {
          entry.pending = false;
          out.accept((int) (key >>> 32), (int) (long) key, entry.count);
        });
  }
}
