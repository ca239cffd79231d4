// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How many tokens bring a text to its end, and which tokens leave enough room for that. The number
 * is that of the fewest tokens that spell one shortest way in bytes, the same for every place of
 * that way: so who has as many left as it says can always take a token that has one fewer to go.
 *
 * <p>Under the lock of {@link Masks}.
 */
final class Closing {
  /** Ways longer than this, bytes, are counted as a token for each byte. */
  private static final int MOST = 1 << 14;

  private final Masks masks;

  Closing(Masks masks) {
    this.masks = masks;
  }

  /** Tokens to the end of the text. */
  long tokens(Config from) {
    if (from.closing < 0) {
      if (from.cost() > MOST) {
        from.closing = from.cost();
      } else {
        count(from);
      }
    }
    return from.closing;
  }

  private void count(Config from) {
    List<Config> way = new ArrayList<>(List.of(from));
    List<Integer> steps = new ArrayList<>(); // bytes, or −1 less the number of a token
    while (way.getLast().cost() > 0) {
      Config at = way.getLast();
      int token = masks.shortestToken(at);
      int b = token >= 0 ? -1 - token : masks.shortestByte(at);
      if (token < 0 && b < 0) {
        from.closing = from.cost();
        return;
      }
      steps.add(b);
      way.add(token >= 0 ? masks.step(at, token) : masks.stepByte(at, b));
    }
    way.getLast().closing = 0;
    for (int i = steps.size() - 1; i >= 0; i--) {
      way.get(i).closing = fewest(way, steps, i);
    }
  }

  /** One more than the fewest behind a token that spells the way from a place on. */
  private long fewest(List<Config> way, List<Integer> steps, int from) {
    if (steps.get(from) < 0) {
      return 1 + way.get(from + 1).closing;
    }
    TokenTrie trie = masks.trie;
    long best = Long.MAX_VALUE;
    int node = 0;
    for (int i = from; i < steps.size() && steps.get(i) >= 0; i++) {
      node = trie.child(node, steps.get(i));
      if (node < 0) {
        break;
      }
      if (trie.first[node] < trie.first[node + 1]) {
        best = Math.min(best, 1 + way.get(i + 1).closing);
      }
    }
    // Without tokens of single bytes there may be no such spelling.
    return best == Long.MAX_VALUE ? way.get(from).cost() : best;
  }

  /** The most tokens to the end behind any token that fits. */
  long worst(Config from) {
    if (from.worst < 0) {
      long[] most = {0};
      masks.each(from, 0, (_, to) -> most[0] = Math.max(most[0], tokens(to)));
      controls(from, (_, to) -> most[0] = Math.max(most[0], tokens(to)));
      from.worst = most[0];
    }
    return from.worst;
  }

  /**
   * Sets the bits of the tokens behind which the end is so many tokens away at most.
   *
   * @param node of the trie from which the tokens' rests begin
   */
  void add(Config from, int node, long within, long[] mask) {
    masks.each(
        from,
        node,
        (at, to) -> {
          if (tokens(to) <= within) {
            TokenTrie trie = masks.trie;
            for (int i = trie.first[at]; i < trie.first[at + 1]; i++) {
              mask[trie.tokens[i] >> 6] |= 1L << trie.tokens[i];
            }
          }
        });
    if (node == 0) {
      controls(
          from,
          (token, to) -> {
            if (tokens(to) <= within) {
              mask[token >> 6] |= 1L << token;
            }
          });
    }
  }

  /** Goes through the control tokens that fit, with the place behind each. */
  private void controls(Config from, Masks.Reached reached) {
    for (Frame frame : from.frames) {
      int[] tokens = masks.automaton.nodes[frame.node].tokens;
      for (int k = 0; k < tokens.length; k += 2) {
        reached.at(tokens[k], masks.step(from, tokens[k]));
      }
    }
  }

  /** Whether no token is in a mask. */
  static boolean none(long[] mask) {
    return Arrays.stream(mask).allMatch(word -> word == 0);
  }
}
