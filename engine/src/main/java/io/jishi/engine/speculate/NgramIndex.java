// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.speculate;

import java.util.Arrays;

/**
 * Where the end of a growing text stood before: all places where two tokens follow each other, in
 * chains from the last one back, as compressors of the LZ77 family find matches. Each token is
 * added once; a search looks at {@link #CHAIN} places and compares {@link #LONGEST} tokens at most,
 * however long the text is. Twelve to twenty bytes a token.
 */
final class NgramIndex {
  /** Shorter matches are chance. */
  static final int SHORTEST = 2;

  /** Longer matches say no more. */
  static final int LONGEST = 32;

  private static final int CHAIN = 24;
  private static final int NONE = -1;

  /** Of each hash the last position at which a pair with that hash ends. */
  private int[] heads = new int[256];

  /** Of each position the one before it in its chain. */
  private int[] before = new int[128];

  private int length;
  private int place;
  private int matched;

  NgramIndex() {
    Arrays.fill(heads, NONE);
  }

  /** Takes what has been added to a text since the last call. */
  void extend(int[] text, int to) {
    if (to > before.length) {
      before = Arrays.copyOf(before, Math.max(to, 2 * before.length));
    }
    if (2 * to > heads.length) {
      rehash(text, Integer.highestOneBit(Math.max(2, to)) * 4);
    }
    while (length < to) {
      link(text, length++);
    }
  }

  private void rehash(int[] text, int size) {
    heads = new int[size];
    Arrays.fill(heads, NONE);
    for (int at = 0; at < length; at++) {
      link(text, at);
    }
  }

  private void link(int[] text, int at) {
    if (at >= SHORTEST - 1) {
      int slot = slot(text, at);
      before[at] = heads[slot];
      heads[slot] = at;
    }
  }

  private int slot(int[] text, int at) {
    int hash = (text[at - 1] * 0x9E3779B1 + text[at]) * 0x85EBCA77;
    return (hash ^ hash >>> 15) & heads.length - 1;
  }

  /**
   * Finds the longest end of the text that stands in it before, the last such place where several
   * are as long.
   *
   * @return whether there is one of {@link #SHORTEST} tokens or more
   */
  boolean search(int[] text) {
    matched = SHORTEST - 1;
    int last = length - 1;
    int at = last < SHORTEST ? NONE : before[last];
    for (int i = 0; at != NONE && i < CHAIN && matched < LONGEST; i++, at = before[at]) {
      int same = same(text, at, last);
      if (same > matched) {
        matched = same;
        place = at;
      }
    }
    return matched >= SHORTEST;
  }

  private static int same(int[] text, int at, int last) {
    int most = Math.min(LONGEST, at + 1);
    int n = 0;
    while (n < most && text[at - n] == text[last - n]) {
      n++;
    }
    return n;
  }

  /** Tokens of the match that was found. */
  int matched() {
    return matched;
  }

  /**
   * The token that stood {@code i} behind the match. Behind the end of the text it goes on with
   * what it copied: a text with a short period.
   */
  int following(int[] text, int i) {
    int period = length - 1 - place;
    return text[place + 1 + i % period];
  }
}
