// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.Arrays;

/**
 * All the places at which the automaton may be. Everything but the cached ways on is fixed.
 *
 * <p>The bottom of its stacks is either the end of the text or, while the tokens below one rule are
 * explored, the end of that rule.
 */
final class Config {
  /** Leads nowhere. */
  static final Config DEAD = new Config(new Frame[0], false);

  /** Places with bytes or tokens before them, in the order of their hashes. */
  final Frame[] frames;

  /** Whether the bottom is reached: what stands below may go on here. */
  final boolean done;

  /** Fewest tokens to the end, and the most behind any token; below 0 where not yet known. */
  long closing = -1;

  long worst = -1;

  /** By byte, null where not yet known. */
  private Config[] next;

  Config(Frame[] frames, boolean done) {
    this.frames = frames;
    this.done = done;
  }

  Config next(int b) {
    return next == null ? null : next[b];
  }

  void remember(int b, Config config) {
    if (next == null) {
      next = new Config[256];
    }
    next[b] = config;
  }

  /** Fewest bytes to the end. */
  long cost() {
    long best = done ? 0 : Long.MAX_VALUE;
    for (Frame frame : frames) {
      best = Math.min(best, frame.cost);
    }
    return best;
  }

  int depth() {
    int deepest = 0;
    for (Frame frame : frames) {
      deepest = Math.max(deepest, frame.depth);
    }
    return deepest;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Config c && done == c.done && Arrays.equals(frames, c.frames);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(frames) + (done ? 1 : 0);
  }
}
