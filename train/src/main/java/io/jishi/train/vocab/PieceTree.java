// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.vocab;

import java.util.Arrays;

/** Pieces by their characters: a tree whose edges stand in one table of open addresses. */
final class PieceTree {
  static final int ROOT = 0;

  private long[] keys = new long[1 << 10]; // node and code point, plus one; 0 is free
  private int[] targets = new int[1 << 10];
  private int[] pieces = new int[1 << 10];
  private int nodes = 1;

  PieceTree() {
    Arrays.fill(pieces, -1);
  }

  void add(int[] codePoints, int piece) {
    int node = ROOT;
    for (int c : codePoints) {
      int next = next(node, c);
      node = next >= 0 ? next : child(node, c);
    }
    pieces[node] = piece;
  }

  /** The node behind an edge, or -1. */
  int next(int node, int codePoint) {
    long key = key(node, codePoint);
    for (int at = slot(key); ; at = at + 1 & keys.length - 1) {
      if (keys[at] == key) {
        return targets[at];
      }
      if (keys[at] == 0) {
        return -1;
      }
    }
  }

  /** The piece that ends at a node, or -1. */
  int piece(int node) {
    return pieces[node];
  }

  private int child(int node, int codePoint) {
    if (2 * nodes >= keys.length) {
      grow();
    }
    if (nodes == pieces.length) {
      pieces = Arrays.copyOf(pieces, 2 * nodes);
      Arrays.fill(pieces, nodes, 2 * nodes, -1);
    }
    put(key(node, codePoint), nodes);
    return nodes++;
  }

  private void grow() {
    long[] old = keys;
    int[] oldTargets = targets;
    keys = new long[2 * old.length];
    targets = new int[2 * old.length];
    for (int i = 0; i < old.length; i++) {
      if (old[i] != 0) {
        put(old[i], oldTargets[i]);
      }
    }
  }

  private void put(long key, int target) {
    int at = slot(key);
    while (keys[at] != 0) {
      at = at + 1 & keys.length - 1;
    }
    keys[at] = key;
    targets[at] = target;
  }

  private static long key(int node, int codePoint) {
    return ((long) node << 21 | codePoint) + 1;
  }

  private int slot(long key) {
    long mixed = key * 0x9e3779b97f4a7c15L;
    return (int) (mixed >>> 40) & keys.length - 1;
  }
}
