// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.List;

/** What a rule matches. */
sealed interface Expr {
  Expr EMPTY = new Seq(List.of());

  /** Matches nothing at all, not even the empty text. */
  Expr NEVER = new Alt(List.of());

  /** A text as it stands. */
  record Text(String text) implements Expr {}

  /** One character of a set. */
  record Chars(CodePoints set) implements Expr {}

  /** One after another. */
  record Seq(List<Expr> parts) implements Expr {}

  /** One of several. */
  record Alt(List<Expr> choices) implements Expr {}

  /**
   * The same again and again.
   *
   * @param max the most times, or {@link #ENDLESS}
   */
  record Repeat(Expr body, int min, int max) implements Expr {
    static final int ENDLESS = Integer.MAX_VALUE;
  }

  /** Another rule, by name. */
  record Rule(String name) implements Expr {}

  /** One token by its id: control tokens, which have no text. */
  record Token(int id) implements Expr {}

  /**
   * A net of states; matches what leads from state 0 to the last state.
   *
   * @param states how many
   */
  record Net(int states, List<Arc> arcs) implements Expr {}

  /** A way from state to state. */
  record Arc(int from, Expr by, int to) {}

  static Expr seq(Expr... parts) {
    return new Seq(List.of(parts));
  }

  static Expr alt(Expr... choices) {
    return new Alt(List.of(choices));
  }

  static Expr optional(Expr body) {
    return new Repeat(body, 0, 1);
  }

  static Expr any(Expr body) {
    return new Repeat(body, 0, Repeat.ENDLESS);
  }

  static Expr text(String text) {
    return new Text(text);
  }
}
