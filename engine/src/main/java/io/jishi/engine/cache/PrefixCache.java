// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.cache;

import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.StateSpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The blocks that were computed, found again by their tokens: a tree whose nodes are blocks of 64
 * tokens, each known by the hash of all tokens up to its end. The tokens themselves are compared
 * too, so that no chance and no attacker makes one prompt find the memory of another.
 *
 * <p>A block in the tree is held once by the cache and once by each sequence that uses it. Where
 * blocks run out, those that no sequence uses go, least recently used first, leaves before their
 * parents. A sequence that uses a block uses all blocks before it.
 *
 * <p>Recurrent layers can only be continued where a snapshot of them was kept; a prefix is then
 * found up to the last snapshot. For one thread at a time.
 */
public final class PrefixCache {
  private static final int BLOCK = StateSpec.BLOCK;

  private final StatePool pool;
  private final boolean recurrent;
  private final int maxSnapshots;
  private final Map<Long, Node> roots = new HashMap<>();

  /** Full blocks by their hash. Of two with one hash, which chance does not make, one is kept. */
  private final Map<Long, Node> full = new HashMap<>();

  private Node oldest;
  private Node newest;
  private int size;
  private int snapshots;
  private long evictions;

  /** Where a sequence stands in the tree. It is valid as long as the sequence's state is open. */
  public static final class Cursor {
    private Node node;

    /** A sequence whose blocks cannot be in the tree goes on without it. */
    private boolean outside;

    private Cursor(Node root) {
      node = root;
    }

    /** A second one at the same place. */
    public Cursor copy() {
      Cursor copy = new Cursor(node);
      copy.outside = outside;
      return copy;
    }
  }

  /**
   * What the cache holds.
   *
   * @param blocks held, those in use by sequences included
   * @param snapshots of recurrent layers
   * @param evictions blocks that had to go for others
   */
  public record Counters(int blocks, int snapshots, long evictions) {}

  /**
   * An empty cache.
   *
   * @param maxSnapshots the most copies of recurrent layers that are kept
   */
  public PrefixCache(StatePool pool, int maxSnapshots) {
    this.pool = pool;
    this.recurrent = pool.spec().hasRecurrent();
    this.maxSnapshots = maxSnapshots;
  }

  /** The pool that the blocks are of. */
  public StatePool pool() {
    return pool;
  }

  /** What it holds. */
  public Counters counters() {
    return new Counters(size, snapshots, evictions);
  }

  /**
   * Gives an empty state the longest known beginning of {@code tokens}.
   *
   * @param root says what else the content depends on: model, adapter, precision, types
   * @param limit how many tokens may be taken at most
   * @return where the state then stands; its length is the state's, or a little less where only a
   *     part of a block was the same
   */
  public Cursor adopt(SequenceState state, long root, int[] tokens, int limit) {
    Cursor cursor = new Cursor(roots.computeIfAbsent(root, Node::new));
    Node best = cursor.node;
    for (Node next = find(best, tokens, limit); next != null; next = find(next, tokens, limit)) {
      best = next;
    }
    best = reachable(best, tokens, limit);
    take(state, best);
    cursor.node = best;
    if (recurrent) {
      adoptSnapshot(state, cursor);
    } else {
      adoptPart(state, best, tokens, limit);
    }
    return cursor;
  }

  /** How many tokens {@link #adopt} would find. */
  public int match(long root, int[] tokens, int limit) {
    Node best = roots.get(root);
    if (best == null) {
      return 0;
    }
    for (Node next = find(best, tokens, limit); next != null; next = find(next, tokens, limit)) {
      best = next;
    }
    best = reachable(best, tokens, limit);
    return recurrent ? best.length : best.length + longestPart(best, tokens, limit);
  }

  /** The full block that follows, or null. */
  private Node find(Node node, int[] tokens, int limit) {
    if (node.length + BLOCK > limit || node.length % BLOCK != 0) {
      return null;
    }
    Node next = full.get(Node.hash(node.hash, tokens, node.length, BLOCK));
    boolean same =
        next != null
            && next.parent == node
            && next.shared(tokens, node.length, node.length + BLOCK) == BLOCK;
    return same ? next : null;
  }

  /** With recurrent layers: the last node on the way whose snapshot is kept. */
  private Node reachable(Node deepest, int[] tokens, int limit) {
    if (!recurrent) {
      return deepest;
    }
    for (Node child : deepest.children) {
      boolean whole = deepest.length + child.tokens.length <= limit;
      if (whole
          && child.snapshot != null
          && child.shared(tokens, deepest.length, limit) == child.tokens.length) {
        return child;
      }
    }
    Node node = deepest;
    while (node.parent != null && node.snapshot == null) {
      node = node.parent;
    }
    return node;
  }

  /** Lets a state hold all blocks up to a node. */
  private void take(SequenceState state, Node node) {
    if (node.parent != null) {
      take(state, node.parent);
      state.adopt(node.block, node.tokens.length);
      touch(node);
    }
  }

  private void adoptSnapshot(SequenceState state, Cursor cursor) {
    if (cursor.node.snapshot != null) {
      state.restore(cursor.node.snapshot);
    }
    if (cursor.node.parent != null && !cursor.node.full()) {
      cursor.node = cursor.node.parent; // the state will write a block of its own from here
    }
  }

  /** Takes the beginning of a block that goes on otherwise; it is copied when it is written. */
  private void adoptPart(SequenceState state, Node node, int[] tokens, int limit) {
    int most = longestPart(node, tokens, limit);
    for (Node child : node.children) {
      if (most > 0 && child.shared(tokens, node.length, limit) == most) {
        state.adopt(child.block, most);
        touch(child);
        return;
      }
    }
  }

  private static int longestPart(Node node, int[] tokens, int limit) {
    int most = 0;
    for (Node child : node.children) {
      most = Math.max(most, child.shared(tokens, node.length, limit));
    }
    return most;
  }

  /**
   * Remembers the full blocks of a state that are not known yet. Where the same was computed beside
   * it, the state goes on with the block that is known, so that memory is held once.
   *
   * @param tokens those that the state holds, and any more
   */
  public void insert(SequenceState state, Cursor cursor, int[] tokens) {
    while (!cursor.outside && cursor.node.length + BLOCK <= state.length()) {
      Node next = child(state, cursor, tokens);
      if (next == null) {
        cursor.outside = true;
        return;
      }
      cursor.node = next;
    }
    if (recurrent && !cursor.outside && cursor.node.length == state.length()) {
      keepSnapshot(state, cursor.node);
    }
  }

  private Node child(SequenceState state, Cursor cursor, int[] tokens) {
    Node node = cursor.node;
    int index = node.length / BLOCK;
    Node known = find(node, tokens, node.length + BLOCK);
    if (known != null) {
      if (known.block != state.poolBlock(index)) {
        state.exchange(index, known.block);
      }
      touch(known);
      return known;
    }
    long hash = Node.hash(node.hash, tokens, node.length, BLOCK);
    if (full.containsKey(hash)) {
      return null;
    }
    Node added = add(node, tokens, BLOCK, hash, state.poolBlock(index));
    full.put(hash, added);
    return added;
  }

  /** Remembers all that a state holds, the block that is not full too; the state may close then. */
  public void finish(SequenceState state, Cursor cursor, int[] tokens) {
    insert(state, cursor, tokens);
    Node node = cursor.node;
    int rest = state.length() - node.length;
    if (!cursor.outside && rest > 0 && longestPart(node, tokens, state.length()) < rest) {
      long hash = Node.hash(node.hash, tokens, node.length, rest);
      node = add(node, tokens, rest, hash, state.poolBlock(node.length / BLOCK));
      if (recurrent) {
        keepSnapshot(state, node);
      }
    }
    for (Node n = node; n.parent != null; n = n.parent) {
      touch(n); // so that parents are newer than their children
    }
  }

  private Node add(Node parent, int[] tokens, int count, long hash, int block) {
    int[] own = Arrays.copyOfRange(tokens, parent.length, parent.length + count);
    Node node = new Node(parent, own, hash, block);
    pool.retain(block);
    parent.children.add(node);
    size++;
    link(node);
    return node;
  }

  private void keepSnapshot(SequenceState state, Node node) {
    if (node.parent == null || node.snapshot != null || maxSnapshots == 0) {
      return;
    }
    for (Node old = oldest; snapshots >= maxSnapshots && old != null; old = old.newer) {
      if (old.snapshot != null) {
        old.snapshot = null;
        snapshots--;
      }
    }
    node.snapshot = state.snapshot();
    snapshots++;
  }

  /**
   * Sees to it that so many blocks are free.
   *
   * @return whether they are; where not, what could go has gone
   */
  public boolean makeRoom(int blocks) {
    while (pool.freeBlocks() < blocks) {
      Node victim = oldest;
      while (victim != null && !(victim.children.isEmpty() && unused(victim))) {
        victim = victim.newer;
      }
      if (victim == null) {
        return false;
      }
      remove(victim);
      evictions++;
    }
    return true;
  }

  /** Blocks that no sequence uses, which {@link #makeRoom} could free. */
  public int unusedBlocks() {
    int count = 0;
    for (Node node = oldest; node != null; node = node.newer) {
      count += unused(node) ? 1 : 0;
    }
    return count;
  }

  private boolean unused(Node node) {
    return pool.references(node.block) == 1;
  }

  /** Forgets everything that no sequence uses. */
  public void clear() {
    makeRoom(Integer.MAX_VALUE);
  }

  private void remove(Node node) {
    node.parent.children.remove(node);
    full.remove(node.hash, node);
    snapshots -= node.snapshot == null ? 0 : 1;
    unlink(node);
    size--;
    pool.release(node.block);
  }

  private void touch(Node node) {
    if (node != newest) {
      unlink(node);
      link(node);
    }
  }

  private void link(Node node) {
    node.older = newest;
    node.newer = null;
    if (newest == null) {
      oldest = node;
    } else {
      newest.newer = node;
    }
    newest = node;
  }

  private void unlink(Node node) {
    if (node.older == null) {
      oldest = node.newer;
    } else {
      node.older.newer = node.newer;
    }
    if (node.newer == null) {
      newest = node.older;
    } else {
      node.newer.older = node.older;
    }
  }
}
