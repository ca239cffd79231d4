// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import io.jishi.base.JishiException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How the places of an automaton move on with a byte. For one thread at a time. */
final class Configs {
  /** More places at once than this is a grammar that no language needs. */
  static final int MAX_FRAMES = 2_000;

  /** Known configurations are forgotten beyond this, to be found again at need. */
  private static final int MAX_KNOWN = 50_000;

  private final Automaton automaton;
  private final Map<Config, Config> known = new HashMap<>();

  Configs(Automaton automaton) {
    this.automaton = automaton;
  }

  Config start() {
    return closed(List.of(frame(automaton.starts[automaton.root], null)));
  }

  /** At this node, with the end of its rule as the bottom. */
  Config within(int node) {
    return closed(List.of(frame(node, null)));
  }

  /** The same without what calls and ends lead to. */
  Config only(int node) {
    return intern(new Config(new Frame[] {frame(node, null)}, false));
  }

  /** After one more byte; {@link Config#DEAD} where it does not fit. */
  Config step(Config from, int b) {
    Config cached = from.next(b);
    if (cached != null) {
      return cached;
    }
    List<Frame> targets = new ArrayList<>();
    for (Frame f : from.frames) {
      int[] edges = automaton.nodes[f.node].edges;
      for (int k = 0; k < edges.length; k += 3) {
        if (edges[k] <= b && b <= edges[k + 1]) {
          targets.add(frame(edges[k + 2], f.parent));
        }
      }
    }
    Config to = closed(targets);
    from.remember(b, to);
    return to;
  }

  /** After a control token. */
  Config stepToken(Config from, int token) {
    List<Frame> targets = new ArrayList<>();
    for (Frame f : from.frames) {
      int[] tokens = automaton.nodes[f.node].tokens;
      for (int k = 0; k < tokens.length; k += 2) {
        if (tokens[k] == token) {
          targets.add(frame(tokens[k + 1], f.parent));
        }
      }
    }
    return closed(targets);
  }

  private Frame frame(int node, Frame parent) {
    return new Frame(node, parent, automaton.nodes[node].cost);
  }

  private Config closed(List<Frame> begin) {
    if (begin.isEmpty()) {
      return Config.DEAD;
    }
    Set<Frame> seen = new HashSet<>();
    List<Frame> todo = new ArrayList<>(begin);
    List<Frame> kept = new ArrayList<>();
    boolean done = false;
    while (!todo.isEmpty()) {
      Frame f = todo.removeLast();
      if (!seen.add(f)) {
        continue;
      }
      if (seen.size() > MAX_FRAMES) {
        throw new JishiException.BadRequest(
            automaton.field,
            automaton.field
                + ": the grammar is too ambiguous: more than "
                + MAX_FRAMES
                + " readings of the same text");
      }
      Node node = automaton.nodes[f.node];
      if (node.edges.length + node.tokens.length > 0) {
        kept.add(f);
      }
      if (node.accepts) {
        if (f.parent == null) {
          done = true;
        } else {
          todo.add(f.parent);
        }
      }
      for (int k = 0; k < node.calls.length; k += 2) {
        int back = node.calls[k + 1];
        // A call at the very end of a rule needs no way back: lists do not grow the stack.
        Frame parent = automaton.nodes[back].ends() ? f.parent : frame(back, f.parent);
        todo.add(frame(automaton.starts[node.calls[k]], parent));
      }
    }
    kept.sort(Comparator.comparingInt(Frame::hashCode));
    return intern(new Config(kept.toArray(Frame[]::new), done));
  }

  private Config intern(Config config) {
    if (known.size() > MAX_KNOWN) {
      known.clear();
    }
    Config old = known.putIfAbsent(config, config);
    return old == null ? config : old;
  }
}
