// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import java.util.Arrays;

/** Longs to ints by open addressing, at most half full: 24 bytes for each key on average. */
final class LongMap {
  private static final int ABSENT = -1;

  private long[] keys = new long[1 << 10];
  private int[] values = new int[1 << 10];
  private int size;

  LongMap() {
    Arrays.fill(values, ABSENT);
  }

  /** The value of a key, or -1. */
  int get(long key) {
    return values[slot(key)];
  }

  /** Keeps the value, which is not negative, where the key has none; gives the one it had or -1. */
  int putIfAbsent(long key, int value) {
    int slot = slot(key);
    int before = values[slot];
    if (before == ABSENT) {
      keys[slot] = key;
      values[slot] = value;
      if (++size * 2 > keys.length) {
        grow();
      }
    }
    return before;
  }

  int size() {
    return size;
  }

  private int slot(long key) {
    int mask = keys.length - 1;
    int slot = (int) Permutation.mix(key) & mask;
    while (values[slot] != ABSENT && keys[slot] != key) {
      slot = slot + 1 & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldKeys = keys;
    int[] oldValues = values;
    keys = new long[oldKeys.length * 2];
    values = new int[keys.length];
    Arrays.fill(values, ABSENT);
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldValues[i] != ABSENT) {
        int slot = slot(oldKeys[i]);
        keys[slot] = oldKeys[i];
        values[slot] = oldValues[i];
      }
    }
  }
}
