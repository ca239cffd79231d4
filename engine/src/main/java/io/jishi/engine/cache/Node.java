// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.cache;

import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StateSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One block in the cache: up to {@link StateSpec#BLOCK} tokens behind those of its parent. A node
 * without a parent is a root and holds none.
 */
final class Node {
  final Node parent;
  final int[] tokens;

  /** Hash of all tokens from the root on, and of the root. */
  final long hash;

  /** Tokens from the root to the end of this block. */
  final int length;

  /** The block in the pool; -1 for a root. */
  final int block;

  final List<Node> children = new ArrayList<>(1);

  /** The recurrent layers at the end of this block, or null. */
  SequenceState.Snapshot snapshot;

  /** Neighbours in the order of last use. */
  Node older;

  Node newer;

  /** A root. */
  Node(long hash) {
    this(null, new int[0], hash, -1);
  }

  Node(Node parent, int[] tokens, long hash, int block) {
    this.parent = parent;
    this.tokens = tokens;
    this.hash = hash;
    this.block = block;
    this.length = tokens.length + (parent == null ? 0 : parent.length);
  }

  boolean full() {
    return tokens.length == StateSpec.BLOCK;
  }

  /** How many of {@code all[from, to)} this block begins with. */
  int shared(int[] all, int from, int to) {
    int most = Math.min(tokens.length, to - from);
    int at = Arrays.mismatch(tokens, 0, most, all, from, from + most);
    return at < 0 ? most : at;
  }

  /** The chain of hashes: FNV-1a over words, mixed at the end as SplitMix64 does. */
  static long hash(long parent, int[] tokens, int from, int count) {
    long h = parent ^ 0xcbf29ce484222325L;
    for (int i = 0; i < count; i++) {
      h = (h ^ tokens[from + i]) * 0x100000001b3L;
    }
    h = (h ^ (h >>> 30)) * 0xbf58476d1ce4e5b9L;
    h = (h ^ (h >>> 27)) * 0x94d049bb133111ebL;
    return h ^ (h >>> 31);
  }
}
