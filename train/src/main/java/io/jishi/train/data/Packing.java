// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

/** How documents become rows of one length. */
public enum Packing {
  /**
   * The corpus is one long strip, cut into rows wherever they end: nothing is wasted, and each
   * epoch cuts elsewhere. For pre-training.
   */
  CHUNKS,
  /**
   * A document stands in one row where it fits, beside others that fit too; the rest of the row is
   * filler. For conversations.
   */
  WHOLE,
  /**
   * Two rows at a time, a document in each: the answer that is liked better, then the other one.
   * Pairs of which one is longer than a row are left out. For preferences.
   */
  PAIRS
}
