// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import io.jishi.base.JishiException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One rule as a nondeterministic automaton with empty edges (Thompson 1968). */
final class Thompson {
  /** Kinds of edges, in the first place of an edge. */
  static final int EMPTY = 0;

  static final int BYTES = 1;
  static final int CALL = 2;
  static final int TOKEN = 3;

  /** Most nodes of all rules together; a schema of a hundred pages stays far below. */
  static final int MAX_NODES = 400_000;

  /** Nesting of expressions; parsers bound theirs far lower. */
  private static final int MAX_DEPTH = 2_000;

  private final Map<String, Integer> ruleIds;
  private final Rules rules;
  private final int budget;

  /** By node: kind, a, b, target. */
  final List<List<int[]>> edges = new ArrayList<>();

  final int start;
  final int end;
  private int depth;

  /** Builds a rule within a budget of nodes. */
  Thompson(Rules rules, Map<String, Integer> ruleIds, Expr expr, int budget) {
    this.rules = rules;
    this.ruleIds = ruleIds;
    this.budget = budget;
    start = node();
    end = node();
    add(expr, start, end);
  }

  private int node() {
    if (edges.size() >= budget) {
      throw new JishiException.BadRequest(
          rules.field(),
          rules.field()
              + ": the grammar is too large: it needs more than "
              + MAX_NODES
              + " states; use smaller repetition counts or length limits");
    }
    edges.add(new ArrayList<>(2));
    return edges.size() - 1;
  }

  private void edge(int from, int kind, int a, int b, int to) {
    edges.get(from).add(new int[] {kind, a, b, to});
  }

  private void add(Expr expr, int from, int to) {
    if (++depth > MAX_DEPTH) {
      throw new JishiException.BadRequest(
          rules.field(), rules.field() + ": nested more than " + MAX_DEPTH + " deep");
    }
    switch (expr) {
      case Expr.Text t -> text(t.text(), from, to);
      case Expr.Chars c -> chars(c.set(), from, to);
      case Expr.Seq s -> sequence(s.parts(), from, to);
      case Expr.Alt a -> choices(a.choices(), from, to);
      case Expr.Repeat r -> repeat(r, from, to);
      case Expr.Rule r -> edge(from, CALL, ruleId(r.name()), 0, to);
      case Expr.Token t -> edge(from, TOKEN, t.id(), 0, to);
      case Expr.Net n -> net(n, from, to);
    }
    depth--;
  }

  private int ruleId(String name) {
    Integer id = ruleIds.get(name);
    if (id == null) {
      throw new JishiException.BadRequest(
          rules.field(), rules.field() + ": rule '" + name + "' is used but not defined");
    }
    return id;
  }

  private void text(String text, int from, int to) {
    int at = from;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      int next = node();
      edge(at, BYTES, b & 0xFF, b & 0xFF, next);
      at = next;
    }
    edge(at, EMPTY, 0, 0, to);
  }

  private void chars(CodePoints set, int from, int to) {
    for (int i = 0; i < set.ranges().length; i += 2) {
      Utf8.split(
          set.ranges()[i],
          set.ranges()[i + 1],
          (low, high) -> {
            int at = from;
            for (int k = 0; k < low.length; k++) {
              int next = k == low.length - 1 ? to : node();
              edge(at, BYTES, low[k], high[k], next);
              at = next;
            }
          });
    }
  }

  private void sequence(List<Expr> parts, int from, int to) {
    int at = from;
    for (Expr part : parts) {
      int next = node();
      add(part, at, next);
      at = next;
    }
    edge(at, EMPTY, 0, 0, to);
  }

  private void choices(List<Expr> choices, int from, int to) {
    for (Expr choice : choices) {
      int begin = node();
      edge(from, EMPTY, 0, 0, begin);
      add(choice, begin, to);
    }
  }

  private void repeat(Expr.Repeat r, int from, int to) {
    int at = from;
    for (int i = 0; i < r.min(); i++) {
      int next = node();
      add(r.body(), at, next);
      at = next;
    }
    if (r.max() == Expr.Repeat.ENDLESS) {
      int loop = node();
      int back = node();
      edge(at, EMPTY, 0, 0, loop);
      add(r.body(), loop, back);
      edge(back, EMPTY, 0, 0, loop);
      edge(loop, EMPTY, 0, 0, to);
      return;
    }
    for (int i = r.min(); i < r.max(); i++) {
      edge(at, EMPTY, 0, 0, to);
      int next = node();
      add(r.body(), at, next);
      at = next;
    }
    edge(at, EMPTY, 0, 0, to);
  }

  private void net(Expr.Net net, int from, int to) {
    int[] states = new int[net.states()];
    for (int i = 0; i < states.length; i++) {
      states[i] = node();
    }
    edge(from, EMPTY, 0, 0, states[0]);
    edge(states[states.length - 1], EMPTY, 0, 0, to);
    for (Expr.Arc arc : net.arcs()) {
      add(arc.by(), states[arc.from()], states[arc.to()]);
    }
  }
}
