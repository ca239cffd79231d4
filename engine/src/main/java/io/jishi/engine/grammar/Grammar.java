// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

/** A compiled grammar over one vocabulary, for any number of texts and threads. */
public final class Grammar {
  private final Rules rules;
  private final Masks masks;
  private final boolean dropsFirstSpace;

  Grammar(Rules rules, Masks masks, boolean dropsFirstSpace) {
    this.rules = rules;
    this.masks = masks;
    this.dropsFirstSpace = dropsFirstSpace;
  }

  Rules rules() {
    return rules;
  }

  /**
   * At the beginning of a text of the grammar.
   *
   * @param first whether nothing stands before, so that some vocabularies drop a blank
   */
  public Matcher matcher(boolean first) {
    return new Matcher(masks, first && dropsFirstSpace);
  }
}
