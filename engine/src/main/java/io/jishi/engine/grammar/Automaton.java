// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import io.jishi.base.JishiException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Rules as one pushdown automaton over bytes: each rule is a net of {@link Node}s whose edges are
 * bytes, calls of rules, or control tokens. Every node that is left can reach the end of its rule,
 * no rule calls itself before a byte was read, so a matcher neither runs into a dead end nor runs
 * without end. Immutable.
 */
final class Automaton {
  /** Larger rules are not compared with those of other grammars. */
  private static final int MAX_LEAF = 100;

  final String field;
  final Node[] nodes;

  /** First node of each rule. */
  final int[] starts;

  final int root;

  /** Of small rules that call no other: what their nodes are in any grammar, by node. */
  private final Map<Integer, String> keys = new HashMap<>();

  private Automaton(String field, Node[] nodes, int[] starts, int root) {
    this.field = field;
    this.nodes = nodes;
    this.starts = starts;
    this.root = root;
  }

  /**
   * Compiles rules.
   *
   * @throws JishiException.BadRequest where a rule is missing, the language is empty, a rule begins
   *     with itself, or the whole is too large
   */
  static Automaton compile(Rules rules) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    rules.rules().keySet().forEach(name -> ids.put(name, ids.size()));
    if (!ids.containsKey(rules.root())) {
      throw bad(rules.field(), "rule '" + rules.root() + "', where the grammar starts, is missing");
    }
    List<Node> nodes = new ArrayList<>();
    int[] starts = new int[ids.size()];
    int rule = 0;
    for (Expr expr : rules.rules().values()) {
      Thompson raw = new Thompson(rules, ids, expr, Thompson.MAX_NODES - nodes.size());
      List<Node> part = Subsets.nodes(raw);
      starts[rule++] = nodes.size();
      shift(part, nodes.size());
      nodes.addAll(part);
      if (nodes.size() > Thompson.MAX_NODES) {
        throw bad(rules.field(), "the grammar is too large: more than " + Thompson.MAX_NODES);
      }
    }
    Node[] all = nodes.toArray(Node[]::new);
    Automaton automaton = new Automaton(rules.field(), all, starts, ids.get(rules.root()));
    automaton.costs();
    if (all[starts[automaton.root]].cost == Node.UNREACHABLE) {
      throw bad(rules.field(), "nothing can match: every way through it is endless or contradicts");
    }
    automaton.prune();
    automaton.nameLeaves();
    new LeftRecursion(automaton, new ArrayList<>(ids.keySet())).refuse();
    return automaton;
  }

  /** Equal in all grammars where the same text may follow within the rule; null for most nodes. */
  String key(int node) {
    return keys.get(node);
  }

  private void nameLeaves() {
    for (int rule = 0; rule < starts.length; rule++) {
      int from = starts[rule];
      int to = rule + 1 < starts.length ? starts[rule + 1] : nodes.length;
      StringBuilder shape = new StringBuilder();
      boolean leaf = to - from <= MAX_LEAF;
      for (int n = from; leaf && n < to; n++) {
        leaf = nodes[n].calls.length + nodes[n].tokens.length == 0;
        shape.append(nodes[n].accepts ? '!' : '.');
        for (int k = 0; k < nodes[n].edges.length; k++) {
          shape.append(nodes[n].edges[k] - (k % 3 == 2 ? from : 0)).append(',');
        }
      }
      for (int n = from; leaf && n < to; n++) {
        keys.put(n, (n - from) + " of " + shape);
      }
    }
  }

  private static JishiException.BadRequest bad(String field, String why) {
    return new JishiException.BadRequest(field, field + ": " + why);
  }

  private static void shift(List<Node> part, int by) {
    for (Node node : part) {
      for (int i = 2; i < node.edges.length; i += 3) {
        node.edges[i] += by;
      }
      for (int i = 1; i < node.calls.length; i += 2) {
        node.calls[i] += by;
      }
      for (int i = 1; i < node.tokens.length; i += 2) {
        node.tokens[i] += by;
      }
    }
  }

  /** Fewest bytes to the end of the rule, for every node (Knuth 1977). */
  private void costs() {
    List<List<Integer>> before = new ArrayList<>(nodes.length);
    for (int i = 0; i < nodes.length; i++) {
      before.add(new ArrayList<>(2));
    }
    for (int i = 0; i < nodes.length; i++) {
      Node n = nodes[i];
      for (int k = 2; k < n.edges.length; k += 3) {
        before.get(n.edges[k]).add(i);
      }
      for (int k = 0; k < n.calls.length; k += 2) {
        before.get(starts[n.calls[k]]).add(i);
        before.get(n.calls[k + 1]).add(i);
      }
      for (int k = 1; k < n.tokens.length; k += 2) {
        before.get(n.tokens[k]).add(i);
      }
    }
    ArrayDeque<Integer> todo = new ArrayDeque<>();
    for (int i = 0; i < nodes.length; i++) {
      if (nodes[i].accepts) {
        nodes[i].cost = 0;
        todo.addAll(before.get(i));
      }
    }
    while (!todo.isEmpty()) {
      int at = todo.poll();
      int cost = cost(nodes[at]);
      if (cost < nodes[at].cost) {
        nodes[at].cost = cost;
        todo.addAll(before.get(at));
      }
    }
  }

  private int cost(Node n) {
    long best = n.accepts ? 0 : Node.UNREACHABLE;
    for (int k = 2; k < n.edges.length; k += 3) {
      best = Math.min(best, 1L + nodes[n.edges[k]].cost);
    }
    for (int k = 1; k < n.tokens.length; k += 2) {
      best = Math.min(best, 1L + nodes[n.tokens[k]].cost);
    }
    for (int k = 0; k < n.calls.length; k += 2) {
      best = Math.min(best, (long) nodes[starts[n.calls[k]]].cost + nodes[n.calls[k + 1]].cost);
    }
    return (int) Math.min(best, Node.UNREACHABLE);
  }

  /** Drops what leads to nodes from which no end is reached. */
  private void prune() {
    for (Node n : nodes) {
      n.edges = kept(n.edges, 3, k -> alive(n.edges[k + 2]));
      n.tokens = kept(n.tokens, 2, k -> alive(n.tokens[k + 1]));
      n.calls = kept(n.calls, 2, k -> alive(starts[n.calls[k]]) && alive(n.calls[k + 1]));
    }
  }

  private boolean alive(int node) {
    return nodes[node].cost != Node.UNREACHABLE;
  }

  private static int[] kept(int[] list, int step, java.util.function.IntPredicate keep) {
    int[] out = new int[list.length];
    int n = 0;
    for (int k = 0; k < list.length; k += step) {
      if (keep.test(k)) {
        System.arraycopy(list, k, out, n, step);
        n += step;
      }
    }
    return n == list.length ? list : Arrays.copyOf(out, n);
  }
}
