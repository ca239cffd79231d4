// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

/** What an exercise is made of; nothing that is held out ever stands in {@link #TRAIN}. */
public enum Split {
  /** Wordings and values to learn from. */
  TRAIN,
  /**
   * Held-out wordings: sentences never seen to the letter, though made of pieces that were, and
   * perhaps seen with another end mark; values are seen.
   */
  WORDINGS,
  /** Held-out patterns: sentences built otherwise than any that was seen; values are seen. */
  PATTERNS,
  /** Held-out values (numbers, or combinations of names and items); wordings are seen. */
  VALUES
}
