// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What tokens a place allows, as far as that place alone decides: the tokens that stay within its
 * rule, and the nodes of the trie at which the rule may end within a token.
 */
final class Summary {
  /** Above one token in this many a set of bits is smaller than a list. */
  private static final int SPARSE = 64;

  private final long[] bits;
  private final int[] list;

  /** Nodes of the trie, each with tokens below, from which what stands below has to go on. */
  final int[] exits;

  /** The same one level down the stack, by the node there. */
  final Map<Integer, Summary> through = new HashMap<>(4);

  Summary(long[] mask, int vocabulary, int[] exits) {
    this.exits = exits;
    int count = 0;
    for (long word : mask) {
      count += Long.bitCount(word);
    }
    if (count * SPARSE > vocabulary) {
      bits = mask.clone();
      list = null;
    } else {
      bits = null;
      list = new int[count];
      int n = 0;
      for (int w = 0; w < mask.length; w++) {
        for (long left = mask[w]; left != 0; left &= left - 1) {
          list[n++] = w * 64 + Long.numberOfTrailingZeros(left);
        }
      }
    }
  }

  private Summary(Summary other) {
    bits = other.bits;
    list = other.list;
    exits = other.exits;
  }

  /** The same for another grammar, without what that one has below. */
  Summary alone() {
    return new Summary(this);
  }

  void addTo(long[] mask) {
    if (bits != null) {
      for (int w = 0; w < mask.length; w++) {
        mask[w] |= bits[w];
      }
    } else {
      for (int token : list) {
        mask[token >> 6] |= 1L << token;
      }
    }
  }

  long bytes() {
    return 100L
        + 8L * (bits == null ? 0 : bits.length)
        + 4L * (list == null ? 0 : list.length)
        + 4L * exits.length;
  }

  @Override
  public String toString() {
    return (list == null ? "many" : Arrays.toString(list)) + ", exits " + exits.length;
  }
}
