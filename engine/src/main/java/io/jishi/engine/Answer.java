// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

/**
 * A finished generation.
 *
 * @param text what was generated, without the stop text
 * @param tokens the generated token ids, the end token excluded
 * @param finish why it ended
 * @param usage what it took
 */
public record Answer(String text, int[] tokens, Finish finish, Usage usage) {

  /** Why a generation ended. */
  public enum Finish {
    /** The model gave an end token, or a stop text came up. */
    STOP,
    /** The limit of tokens or the end of the context. */
    LENGTH,
    /** The caller cancelled. */
    CANCELLED
  }
}
