// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Takes the empty edges out of one rule and, where that does not blow it up, makes it
 * deterministic: then each byte, call and token leads to one node. A rule that would blow up stays
 * nondeterministic; the matcher follows all its nodes at once.
 */
final class Subsets {
  /** A deterministic rule may have this many times the nodes of the other form, plus some. */
  private static final int GROWTH = 2;

  private static final int ROOM = 1_000;

  private final Thompson rule;
  private final List<Node> nodes = new ArrayList<>();

  private Subsets(Thompson rule) {
    this.rule = rule;
  }

  /** Nodes of the rule, its start first; targets count within the list. */
  static List<Node> nodes(Thompson rule) {
    Subsets subsets = new Subsets(rule);
    if (!subsets.determinise(GROWTH * rule.edges.size() + ROOM)) {
      subsets.nodes.clear();
      subsets.dropEmptyEdges();
    }
    return subsets.nodes;
  }

  private boolean determinise(int most) {
    Map<List<Integer>, Integer> ids = new HashMap<>();
    List<int[]> sets = new ArrayList<>();
    id(new int[] {rule.start}, ids, sets);
    for (int i = 0; i < sets.size(); i++) {
      if (sets.size() > most) {
        return false;
      }
      nodes.add(node(sets.get(i), ids, sets));
    }
    return true;
  }

  private Node node(int[] set, Map<List<Integer>, Integer> ids, List<int[]> sets) {
    Node node = new Node();
    List<int[]> bytes = new ArrayList<>();
    Map<Long, List<Integer>> symbols = new TreeMap<>();
    for (int member : set) {
      node.accepts |= member == rule.end;
      for (int[] e : rule.edges.get(member)) {
        switch (e[0]) {
          case Thompson.BYTES -> bytes.add(e);
          case Thompson.CALL, Thompson.TOKEN ->
              symbols.computeIfAbsent((long) e[0] << 32 | e[1], _ -> new ArrayList<>()).add(e[3]);
          default -> {}
        }
      }
    }
    node.edges = edges(bytes, ids, sets);
    for (var symbol : symbols.entrySet()) {
      int[] pair = {symbol.getKey().intValue(), id(array(symbol.getValue()), ids, sets)};
      if (symbol.getKey() >> 32 == Thompson.CALL) {
        node.calls = join(node.calls, pair);
      } else {
        node.tokens = join(node.tokens, pair);
      }
    }
    return node;
  }

  private int[] edges(List<int[]> bytes, Map<List<Integer>, Integer> ids, List<int[]> sets) {
    BitSet borders = new BitSet();
    for (int[] e : bytes) {
      borders.set(e[1]);
      borders.set(e[2] + 1);
    }
    int[] out = Node.NONE;
    for (int low = borders.nextSetBit(0); low >= 0; low = borders.nextSetBit(low + 1)) {
      List<Integer> targets = new ArrayList<>();
      for (int[] e : bytes) {
        if (e[1] <= low && low <= e[2]) {
          targets.add(e[3]);
        }
      }
      if (!targets.isEmpty()) {
        int target = id(array(targets), ids, sets);
        int high = borders.nextSetBit(low + 1) - 1;
        int n = out.length;
        if (n > 0 && out[n - 1] == target && out[n - 2] == low - 1) {
          out[n - 2] = high;
        } else {
          out = join(out, new int[] {low, high, target});
        }
      }
    }
    return out;
  }

  private int id(int[] members, Map<List<Integer>, Integer> ids, List<int[]> sets) {
    int[] closed = closure(members);
    List<Integer> key = Arrays.stream(closed).boxed().toList();
    Integer known = ids.putIfAbsent(key, sets.size());
    if (known != null) {
      return known;
    }
    sets.add(closed);
    return sets.size() - 1;
  }

  /** All that empty edges reach, ascending; of those only the members that matter. */
  private int[] closure(int... members) {
    BitSet seen = new BitSet();
    int[] todo = members.clone();
    int count = todo.length;
    BitSet kept = new BitSet();
    while (count > 0) {
      int at = todo[--count];
      if (seen.get(at)) {
        continue;
      }
      seen.set(at);
      if (at == rule.end) {
        kept.set(at);
      }
      for (int[] e : rule.edges.get(at)) {
        if (e[0] == Thompson.EMPTY) {
          if (count == todo.length) {
            todo = Arrays.copyOf(todo, 2 * count + 8);
          }
          todo[count++] = e[3];
        } else {
          kept.set(at);
        }
      }
    }
    return kept.stream().toArray();
  }

  /** One node for each node that a byte, call or token leads to. */
  private void dropEmptyEdges() {
    Map<Integer, Integer> ids = new HashMap<>();
    List<Integer> order = new ArrayList<>();
    plainId(rule.start, ids, order);
    for (int i = 0; i < order.size(); i++) {
      Node node = new Node();
      for (int member : closure(order.get(i))) {
        node.accepts |= member == rule.end;
        for (int[] e : rule.edges.get(member)) {
          switch (e[0]) {
            case Thompson.BYTES ->
                node.edges = join(node.edges, new int[] {e[1], e[2], plainId(e[3], ids, order)});
            case Thompson.CALL ->
                node.calls = join(node.calls, new int[] {e[1], plainId(e[3], ids, order)});
            case Thompson.TOKEN ->
                node.tokens = join(node.tokens, new int[] {e[1], plainId(e[3], ids, order)});
            default -> {}
          }
        }
      }
      nodes.add(node);
    }
  }

  private static int plainId(int member, Map<Integer, Integer> ids, List<Integer> order) {
    Integer known = ids.putIfAbsent(member, order.size());
    if (known != null) {
      return known;
    }
    order.add(member);
    return order.size() - 1;
  }

  private static int[] array(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int[] join(int[] a, int[] b) {
    int[] out = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, out, a.length, b.length);
    return out;
  }
}
