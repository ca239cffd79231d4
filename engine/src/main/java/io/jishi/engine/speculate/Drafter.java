// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.speculate;

import java.util.List;

/**
 * Guesses how texts go on. A wrong guess costs time and never changes an answer, so a drafter may
 * be as rough as it likes; ids that no token has, and more guesses than were asked for, are
 * dropped. What it keeps of a text it keeps under its {@link Draft}, and drops when told to {@link
 * #forget} it. For one thread at a time.
 *
 * <p>A head that reads the large model's hidden states (Medusa, EAGLE) would be one more of these.
 */
public interface Drafter extends AutoCloseable {

  /**
   * Puts guesses into each of these drafts, {@link Draft#wanted} at most.
   *
   * @return tokens that it ran through a model for that; what it guesses without one is free
   */
  int guess(List<Draft> drafts);

  /** A text has ended. */
  void forget(Draft draft);

  /**
   * Whether a guess takes next to no time, so that it may be made before it is known to be used.
   */
  default boolean free() {
    return false;
  }

  /** The kind that its guesses are of, as far as it is known before they are made. */
  default int kind() {
    return 0;
  }

  /** What it is, for people. */
  String name();

  /** Gives all memory back. */
  @Override
  void close();
}
