// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.sampling;

import java.util.Arrays;

/** The tokens of a text so far, and how often each occurred among the last ones. */
final class History {
  private static final int EMPTY = -1;

  private final int window;
  private int[] tokens;
  private int length;

  /** An open hash table of tokens and their counts. */
  private int[] keys = new int[256];

  private int[] counts = new int[256];
  private int used;

  /** Counts the last {@code window} tokens; 0 counts all. */
  History(int[] prompt, int window) {
    this.window = window;
    this.tokens = Arrays.copyOf(prompt, prompt.length + 256);
    Arrays.fill(keys, EMPTY);
    int from = window == 0 ? 0 : Math.max(0, prompt.length - window);
    for (int i = from; i < prompt.length; i++) {
      count(prompt[i], 1);
    }
    length = prompt.length;
  }

  void add(int token) {
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * length);
    }
    tokens[length++] = token;
    count(token, 1);
    if (window > 0 && length > window) {
      count(tokens[length - 1 - window], -1);
    }
  }

  int length() {
    return length;
  }

  /** The token so far back; 0 is the last one. */
  int back(int steps) {
    return tokens[length - 1 - steps];
  }

  /** Slots of the table, for a walk over all tokens. */
  int slots() {
    return keys.length;
  }

  int token(int slot) {
    return keys[slot];
  }

  /** How often the token of a slot occurred; 0 for a free slot. */
  int count(int slot) {
    return counts[slot];
  }

  private void count(int token, int by) {
    int slot = slot(token);
    if (keys[slot] == EMPTY) {
      if (2 * (used + 1) > keys.length) {
        grow();
        slot = slot(token);
      }
      keys[slot] = token;
      used++;
    }
    counts[slot] += by;
  }

  private int slot(int token) {
    int at = token * 0x9E3779B9 >>> 7 & keys.length - 1;
    while (keys[at] != EMPTY && keys[at] != token) {
      at = at + 1 & keys.length - 1;
    }
    return at;
  }

  private void grow() {
    int[] oldKeys = keys;
    int[] oldCounts = counts;
    keys = new int[2 * oldKeys.length];
    counts = new int[keys.length];
    Arrays.fill(keys, EMPTY);
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != EMPTY) {
        int slot = slot(oldKeys[i]);
        keys[slot] = oldKeys[i];
        counts[slot] = oldCounts[i];
      }
    }
  }
}
