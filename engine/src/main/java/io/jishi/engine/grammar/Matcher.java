// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.Arrays;

/** Where one text stands in its grammar. For one sequence; the masks are shared. */
public final class Matcher {
  /** Deeper than this the text is led to its end: readers of JSON refuse deep nesting too. */
  private static final int MAX_DEPTH = 200;

  private final Masks masks;
  private final int textBegins;
  private Config at;
  private boolean first = true;

  Matcher(Masks masks, boolean dropsFirstSpace) {
    this.masks = masks;
    this.textBegins = dropsFirstSpace ? masks.trie.child(0, ' ') : -1;
    this.at = masks.start();
  }

  private Matcher(Matcher from) {
    this.masks = from.masks;
    this.textBegins = from.textBegins;
    this.at = from.at;
    this.first = from.first;
  }

  /** One that stands where this one does. */
  Matcher copy() {
    return new Matcher(this);
  }

  /** Words of 64 tokens in a mask. */
  public int words() {
    return masks.words();
  }

  /** Whether the text may end here. */
  public boolean complete() {
    return at.done;
  }

  /** Whether the text has to end here. */
  public boolean ended() {
    return at.frames.length == 0;
  }

  /** Fewest bytes to the end of the text: no more tokens than that, where each byte is a token. */
  public long cost() {
    return at.cost();
  }

  /**
   * Writes the mask of the tokens that fit here: bit {@code t % 64} of word {@code t / 64}.
   *
   * @param close whether only tokens are wanted that lead to the end in the fewest bytes
   */
  public void mask(long[] mask, boolean close) {
    Arrays.fill(mask, 0);
    if (close || at.depth() > MAX_DEPTH) {
      masks.addShortest(at, mask);
      return;
    }
    masks.add(at, mask);
    if (first && textBegins >= 0) {
      // The blank that the first token carries is not part of the text.
      TokenTrie trie = masks.trie;
      for (int i = trie.first[textBegins]; i < trie.first[trie.end[textBegins]]; i++) {
        mask[trie.tokens[i] >> 6] &= ~(1L << trie.tokens[i]);
      }
      masks.addFrom(at, textBegins, mask);
    }
  }

  /** Takes a token; false, and nothing changes, where it does not fit. */
  public boolean accept(int token) {
    byte[] bytes = masks.trie.bytes(token);
    boolean blank = first && textBegins >= 0 && bytes.length > 0 && bytes[0] == ' ';
    return moved(blank ? masks.step(at, bytes, 1) : masks.step(at, token));
  }

  /** Takes the bytes from an index on, as the rest of a token. */
  boolean accept(byte[] bytes, int from) {
    return moved(masks.step(at, bytes, from));
  }

  /** Whether these bytes would fit. */
  boolean fits(byte[] bytes, int from) {
    return masks.step(at, bytes, from) != Config.DEAD;
  }

  private boolean moved(Config to) {
    if (to == Config.DEAD) {
      return false;
    }
    at = to;
    first = false;
    return true;
  }
}
