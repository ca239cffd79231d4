// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.vocab;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * All ways to write a word in pieces of a vocabulary, {@code P(way) = Π p(piece)} (Kudo 2018). A
 * character that is no piece costs ten more than the rarest piece, and counts as the first one, as
 * in SentencePiece's training. Sums are of single precision in the order that is usual there:
 * pieces that are worth the same tie as they do there. One for each thread.
 */
final class UnigramLattice {
  /** In place of a piece: a character that is none. */
  static final int UNKNOWN = -1;

  private static final float UNKNOWN_PENALTY = 10;

  /** Of two logarithms, the lower one by more than this adds nothing. */
  private static final float NOTHING_BESIDE = 50;

  private final PieceTree tree;
  private final float[] scores;
  private final float unknown;
  private int[] word = {};
  private int edges;
  private int[] from = new int[64];
  private int[] to = new int[64];
  private int[] piece = new int[64];

  /**
   * A lattice over pieces.
   *
   * @param scores logarithms of their probabilities
   */
  UnigramLattice(PieceTree tree, float[] scores) {
    this.tree = tree;
    this.scores = scores;
    float least = scores.length == 0 ? 0 : Float.POSITIVE_INFINITY;
    for (float score : scores) {
      least = Math.min(least, score);
    }
    this.unknown = least - UNKNOWN_PENALTY;
  }

  /** Takes a word; edges then stand in the order of their beginnings. */
  void set(int[] codePoints) {
    word = codePoints;
    edges = 0;
    for (int at = 0; at < word.length; at++) {
      boolean single = false;
      int node = PieceTree.ROOT;
      for (int end = at; end < word.length; end++) {
        node = tree.next(node, word[end]);
        if (node < 0) {
          break;
        }
        if (tree.piece(node) >= 0) {
          edge(at, end + 1, tree.piece(node));
          single |= end == at;
        }
      }
      if (!single) {
        edge(at, at + 1, UNKNOWN);
      }
    }
  }

  private void edge(int begin, int end, int which) {
    if (edges == from.length) {
      from = Arrays.copyOf(from, 2 * edges);
      to = Arrays.copyOf(to, 2 * edges);
      piece = Arrays.copyOf(piece, 2 * edges);
    }
    from[edges] = begin;
    to[edges] = end;
    piece[edges++] = which;
  }

  private float score(int edge) {
    return piece[edge] == UNKNOWN ? unknown : scores[piece[edge]];
  }

  /**
   * Adds how often each piece is to be expected in the word.
   *
   * @param count of the word
   * @return the logarithm of the word's probability, {@code count} times
   */
  double expect(long count, double[] expected) {
    float[] before = new float[word.length + 1];
    float[] behind = new float[word.length + 1];
    Arrays.fill(before, Float.NEGATIVE_INFINITY);
    Arrays.fill(behind, Float.NEGATIVE_INFINITY);
    before[0] = 0;
    behind[word.length] = 0;
    for (int e = 0; e < edges; e++) {
      before[to[e]] = sum(before[to[e]], score(e) + before[from[e]]);
    }
    for (int last = edges; last > 0; ) { // edges of one beginning, the shortest first
      int first = last - 1;
      while (first > 0 && from[first - 1] == from[first]) {
        first--;
      }
      for (int e = first; e < last; e++) {
        behind[from[e]] = sum(behind[from[e]], score(e) + behind[to[e]]);
      }
      last = first;
    }
    float all = before[word.length];
    for (int e = 0; e < edges; e++) {
      float way = before[from[e]] + score(e) + behind[to[e]] - all;
      expected[Math.max(0, piece[e])] += count * Math.exp(way);
    }
    return count * all;
  }

  private static float sum(float a, float b) {
    float high = Math.max(a, b);
    float low = Math.min(a, b);
    return low < high - NOTHING_BESIDE
        ? high
        : (float) (high + Math.log(Math.exp((double) (low - high)) + 1));
  }

  /**
   * The best ways, the best one first; at equal scores the one whose last pieces are longer.
   *
   * @param most how many: 1 or 2
   */
  List<int[]> best(int most) {
    // For each place the best ways to it: their scores, last edges, and which way to those.
    float[][] scored = new float[word.length + 1][most];
    int[][] last = new int[word.length + 1][most];
    int[][] rank = new int[word.length + 1][most];
    int[] ways = new int[word.length + 1];
    ways[0] = 1;
    for (int e = 0; e < edges; e++) {
      for (int way = 0; way < ways[from[e]]; way++) {
        float score = scored[from[e]][way] + score(e);
        int at = ways[to[e]];
        while (at > 0 && score > scored[to[e]][at - 1]) {
          at--;
        }
        if (at < most) {
          int n = Math.min(most - 1, ways[to[e]]);
          for (int i = n; i > at; i--) {
            scored[to[e]][i] = scored[to[e]][i - 1];
            last[to[e]][i] = last[to[e]][i - 1];
            rank[to[e]][i] = rank[to[e]][i - 1];
          }
          scored[to[e]][at] = score;
          last[to[e]][at] = e;
          rank[to[e]][at] = way;
          ways[to[e]] = Math.min(most, ways[to[e]] + 1);
        }
      }
    }
    List<int[]> found = new ArrayList<>();
    for (int way = 0; way < ways[word.length]; way++) {
      found.add(path(last, rank, way));
    }
    return found;
  }

  private int[] path(int[][] last, int[][] rank, int way) {
    int[] reversed = new int[word.length];
    int n = 0;
    int at = word.length;
    int which = way;
    while (at > 0) {
      int e = last[at][which];
      reversed[n++] = piece[e];
      which = rank[at][which];
      at = from[e];
    }
    int[] path = new int[n];
    for (int i = 0; i < n; i++) {
      path[i] = reversed[n - 1 - i];
    }
    return path;
  }
}
