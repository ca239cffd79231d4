// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.util.Arrays;

/** Pieces by their beginnings: from a place in a text one step for each UTF-16 unit or byte. */
final class PieceTrie {
  static final int ROOT = 0;

  /** (node, unit) to node; node numbers fit their table. */
  private final PairTable edges;

  private int[] ids = {-1};

  PieceTrie(int expected) {
    edges = new PairTable(Math.max(16, expected));
  }

  /** Adds a piece; one that is there already stays. */
  void add(CharSequence piece, int id) {
    int node = ROOT;
    for (int i = 0; i < piece.length(); i++) {
      char unit = piece.charAt(i);
      edges.putIfAbsent(node, unit, 0, edges.size() + 1);
      node = edges.result(edges.find(node, unit));
    }
    if (node >= ids.length) {
      int had = ids.length;
      ids = Arrays.copyOf(ids, Math.max(node + 1, had * 2));
      Arrays.fill(ids, had, ids.length, -1);
    }
    ids[node] = ids[node] < 0 ? id : ids[node];
  }

  /** The node after one more unit, or -1 where no piece goes on so. */
  int next(int node, char unit) {
    int edge = edges.find(node, unit);
    return edge < 0 ? -1 : edges.result(edge);
  }

  /** The piece that ends at the node, or -1. */
  int id(int node) {
    return node < ids.length ? ids[node] : -1;
  }
}
