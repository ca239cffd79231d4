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

  /** So many tokens bring the text to its end; mostly there is no way of fewer. */
  public long closing() {
    return masks.closing(at);
  }

  /**
   * Writes the mask of the tokens that fit here: bit {@code t % 64} of word {@code t / 64}.
   *
   * @param within only tokens are wanted behind which so many can bring the text to its end, where
   *     there are any; {@link Integer#MAX_VALUE} for all
   */
  public void mask(long[] mask, int within) {
    Arrays.fill(mask, 0);
    if (at.depth() > MAX_DEPTH) {
      masks.addShortest(at, mask);
      return;
    }
    boolean all = within == Integer.MAX_VALUE || masks.allClose(at, within);
    add(within, all, mask);
    if (!all && Closing.none(mask)) {
      add(masks.closing(at) - 1, false, mask); // too late: as near as it gets
    }
    if (!all && Closing.none(mask)) {
      masks.addShortest(at, mask);
    }
  }

  private void add(long within, boolean all, long[] mask) {
    add(0, within, all, mask);
    if (first && textBegins >= 0) {
      // The blank that the first token carries is not part of the text.
      TokenTrie trie = masks.trie;
      for (int i = trie.first[textBegins]; i < trie.first[trie.end[textBegins]]; i++) {
        mask[trie.tokens[i] >> 6] &= ~(1L << trie.tokens[i]);
      }
      add(textBegins, within, all, mask);
    }
  }

  private void add(int node, long within, boolean all, long[] mask) {
    if (!all) {
      masks.addClosing(at, node, within, mask);
    } else if (node == 0) {
      masks.add(at, mask);
    } else {
      masks.addFrom(at, node, mask);
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
