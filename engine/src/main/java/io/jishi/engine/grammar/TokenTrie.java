// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * The bytes of all tokens of a vocabulary as one tree, laid out in the order of a walk from the
 * top: a node's subtree is the stretch up to {@link #end}. Tokens without bytes (control tokens)
 * are not in it. Immutable.
 */
final class TokenTrie {
  private static final int MAX_SHARED = 500;

  /** Number of token ids, those without bytes included. */
  final int vocabulary;

  /** The byte that leads to a node; node 0 is the top. */
  final byte[] label;

  /** Bytes from the top. */
  final short[] depth;

  /** The node behind a node's subtree. */
  final int[] end;

  /** Tokens of a node: {@code tokens[first[node]] … tokens[first[node + 1] - 1]}. */
  final int[] first;

  final int[] tokens;
  final int deepest;
  private final byte[][] bytes;

  /** Summaries of small rules that many grammars have, such as the strings of JSON. */
  private final Map<String, Summary> shared = new ConcurrentHashMap<>();

  /**
   * Builds the tree.
   *
   * @param bytes by token id; empty or null for one that may never come
   */
  TokenTrie(byte[][] bytes) {
    this.bytes = bytes;
    this.vocabulary = bytes.length;
    int[] sorted =
        IntStream.range(0, bytes.length)
            .filter(t -> bytes[t] != null && bytes[t].length > 0)
            .boxed()
            .sorted((a, b) -> Arrays.compareUnsigned(bytes[a], bytes[b]))
            .mapToInt(Integer::intValue)
            .toArray();
    int total = 1;
    byte[] last = {};
    for (int t : sorted) {
      total += bytes[t].length - common(last, bytes[t]);
      last = bytes[t];
    }
    label = new byte[total];
    depth = new short[total];
    end = new int[total];
    first = new int[total + 1];
    tokens = sorted;
    deepest = fill(sorted);
  }

  private int fill(int[] sorted) {
    int longest = IntStream.of(sorted).map(t -> bytes[t].length).max().orElse(0);
    int[] path = new int[longest + 1];
    int node = 1;
    byte[] last = {};
    for (int i = 0; i < sorted.length; i++) {
      byte[] now = bytes[sorted[i]];
      int shared = common(last, now);
      for (int d = last.length; d > shared; d--) {
        end[path[d]] = node;
      }
      for (int d = shared + 1; d <= now.length; d++) {
        label[node] = now[d - 1];
        depth[node] = (short) d;
        first[node] = i;
        path[d] = node++;
      }
      last = now;
    }
    for (int d = last.length; d >= 0; d--) {
      end[path[d]] = node;
    }
    first[node] = sorted.length;
    return longest;
  }

  private static int common(byte[] a, byte[] b) {
    int at = Arrays.mismatch(a, b);
    return at < 0 ? a.length : at;
  }

  /** The summary of a place that looks like this in any grammar, or null. */
  Summary shared(String key) {
    return shared.get(key);
  }

  void share(String key, Summary summary) {
    if (shared.size() < MAX_SHARED) {
      shared.put(key, summary);
    }
  }

  /** The bytes of a token; empty for one that has none. */
  byte[] bytes(int token) {
    return bytes[token] == null ? new byte[0] : bytes[token];
  }

  /** The node that a byte leads to, or -1. */
  int child(int node, int b) {
    for (int at = node + 1; at < end[node]; at = end[at]) {
      if ((label[at] & 0xFF) == b) {
        return at;
      }
    }
    return -1;
  }
}
