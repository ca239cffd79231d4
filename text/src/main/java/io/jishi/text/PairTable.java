// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * {@code (left, right) → (rank, result)} for non-negative ints, open addressing. The hash is seeded
 * at start, so that no file can be made to collide.
 */
final class PairTable {
  private static final long EMPTY = -1;
  private static final long SEED = ThreadLocalRandom.current().nextLong() | 1;

  private long[] keys;
  private int[] ranks;
  private int[] results;
  private int size;

  PairTable(int expected) {
    // At most half full.
    allocate(Integer.highestOneBit(Math.max(8, expected)) * 4);
  }

  /** The entry of a pair for {@link #rank} and {@link #result}, or -1. */
  int find(int left, int right) {
    int slot = slot((long) left << 32 | right);
    return keys[slot] == EMPTY ? -1 : slot;
  }

  int rank(int entry) {
    return ranks[entry];
  }

  int result(int entry) {
    return results[entry];
  }

  /** Adds a pair; one that is there already stays as it is. */
  void putIfAbsent(int left, int right, int rank, int result) {
    long key = (long) left << 32 | right;
    int slot = slot(key);
    if (keys[slot] != EMPTY) {
      return;
    }
    keys[slot] = key;
    ranks[slot] = rank;
    results[slot] = result;
    if (++size > keys.length / 2) {
      grow();
    }
  }

  int size() {
    return size;
  }

  private int slot(long key) {
    long h = (key ^ key >>> 32) * SEED;
    h = (h ^ h >>> 29) * 0xBF58476D1CE4E5B9L;
    int slot = (int) (h >>> 32) & keys.length - 1;
    while (keys[slot] != EMPTY && keys[slot] != key) {
      slot = slot + 1 & keys.length - 1;
    }
    return slot;
  }

  private void allocate(int capacity) {
    keys = new long[capacity];
    Arrays.fill(keys, EMPTY);
    ranks = new int[capacity];
    results = new int[capacity];
  }

  private void grow() {
    long[] oldKeys = keys;
    int[] oldRanks = ranks;
    int[] oldResults = results;
    allocate(oldKeys.length * 2);
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != EMPTY) {
        int slot = slot(oldKeys[i]);
        keys[slot] = oldKeys[i];
        ranks[slot] = oldRanks[i];
        results[slot] = oldResults[i];
      }
    }
  }
}
