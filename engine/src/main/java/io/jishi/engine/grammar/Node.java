// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

/** A state of a rule. Mutable while the automaton is built, never after. */
final class Node {
  static final int[] NONE = {};
  static final int UNREACHABLE = Integer.MAX_VALUE;

  /** First byte, last byte, target in turn; ranges ascend, those of one node may overlap. */
  int[] edges = NONE;

  /** Rule, node to come back to in turn. */
  int[] calls = NONE;

  /** Token id, target in turn. */
  int[] tokens = NONE;

  /** Whether the rule may end here. */
  boolean accepts;

  /** Fewest bytes (a control token counts as one) to the end of the rule. */
  int cost = UNREACHABLE;

  /** Whether nothing but the end of the rule can follow. */
  boolean ends() {
    return accepts && edges.length == 0 && calls.length == 0 && tokens.length == 0;
  }
}
