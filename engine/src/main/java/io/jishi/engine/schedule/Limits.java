// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.schedule;

/**
 * How much a step may do.
 *
 * @param sequences the most that run side by side
 * @param tokens the most tokens of prompts in a step that only reads prompts
 * @param mixedTokens the most tokens of prompts in a step in which others generate: the more, the
 *     longer those wait for their next token
 * @param borders whether a chunk of a prompt ends at the border of a block where it can: recurrent
 *     layers can be kept there
 */
public record Limits(int sequences, int tokens, int mixedTokens, boolean borders) {
  /** Refuses limits under which nothing would ever run. */
  public Limits {
    if (sequences < 1 || tokens < 1 || mixedTokens < 1) {
      throw new IllegalArgumentException("limits must be 1 or more");
    }
  }
}
