// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

/**
 * A place on the stack of the automaton: a node, and below it where to go on once the node's rule
 * has ended. Immutable and shared.
 */
final class Frame {
  final int node;
  final Frame parent;
  final int depth;

  /** Fewest bytes to the end of everything. */
  final long cost;

  private final int hash;

  Frame(int node, Frame parent, int nodeCost) {
    this.node = node;
    this.parent = parent;
    this.depth = parent == null ? 1 : parent.depth + 1;
    this.cost = nodeCost + (parent == null ? 0 : parent.cost);
    this.hash = 31 * (parent == null ? 7 : parent.hash) + node;
  }

  @Override
  public boolean equals(Object o) {
    if (!(o instanceof Frame other) || hash != other.hash || depth != other.depth) {
      return false;
    }
    Frame a = this;
    Frame b = other;
    while (a != b) { // equal depths end together
      if (a.node != b.node || a.hash != b.hash) {
        return false;
      }
      a = a.parent;
      b = b.parent;
    }
    return true;
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
