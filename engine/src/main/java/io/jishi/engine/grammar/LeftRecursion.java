// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import io.jishi.base.JishiException;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.List;

/** Finds rules that call themselves before a byte was read: no stack would ever hold them. */
final class LeftRecursion {
  private final Automaton automaton;
  private final List<String> names;
  private final BitSet[] first;

  LeftRecursion(Automaton automaton, List<String> names) {
    this.automaton = automaton;
    this.names = names;
    this.first = new BitSet[names.size()];
    for (int rule = 0; rule < first.length; rule++) {
      first[rule] = callsBeforeAByte(rule);
    }
  }

  /** A rule whose cheapest match costs nothing matches the empty text. */
  private BitSet callsBeforeAByte(int rule) {
    BitSet found = new BitSet();
    BitSet seen = new BitSet();
    ArrayDeque<Integer> todo = new ArrayDeque<>(List.of(automaton.starts[rule]));
    while (!todo.isEmpty()) {
      int at = todo.poll();
      if (seen.get(at)) {
        continue;
      }
      seen.set(at);
      int[] calls = automaton.nodes[at].calls;
      for (int k = 0; k < calls.length; k += 2) {
        found.set(calls[k]);
        if (automaton.nodes[automaton.starts[calls[k]]].cost == 0) {
          todo.add(calls[k + 1]);
        }
      }
    }
    return found;
  }

  void refuse() {
    for (int rule = 0; rule < first.length; rule++) {
      BitSet reached = new BitSet();
      ArrayDeque<Integer> todo = new ArrayDeque<>(List.of(rule));
      while (!todo.isEmpty()) {
        first[todo.poll()].stream()
            .filter(next -> !reached.get(next))
            .forEach(
                next -> {
                  reached.set(next);
                  todo.add(next);
                });
      }
      if (reached.get(rule)) {
        throw new JishiException.BadRequest(
            automaton.field,
            automaton.field
                + ": rule '"
                + names.get(rule)
                + "' is left-recursive: it can begin with itself; write it as a repetition or put"
                + " something before the recursion");
      }
    }
  }
}
