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
  private int[][] lastOf = {}; // by place: edges that end there
  private int[] before = {}; // by edge: the best one before it
  private float[] reached = {}; // by edge: the best sum up to its end

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
   */
  void expect(float count, float[] expected) {
    float[] ahead = new float[word.length + 1];
    float[] behind = new float[word.length + 1];
    Arrays.fill(ahead, Float.NEGATIVE_INFINITY);
    Arrays.fill(behind, Float.NEGATIVE_INFINITY);
    ahead[0] = 0;
    behind[word.length] = 0;
    for (int e = 0; e < edges; e++) {
      ahead[to[e]] = sum(ahead[to[e]], score(e) + ahead[from[e]]);
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
    float all = ahead[word.length];
    for (int e = 0; e < edges; e++) {
      float way = ahead[from[e]] + score(e) + behind[to[e]] - all;
      int which = Math.max(0, piece[e]);
      expected[which] = (float) (expected[which] + count * StrictMath.exp(way));
    }
  }

  private static float sum(float a, float b) {
    float high = Math.max(a, b);
    float low = Math.min(a, b);
    return low < high - NOTHING_BESIDE
        ? high
        : (float) (high + StrictMath.log(StrictMath.exp((double) (low - high)) + 1));
  }

  /** The pieces of the best way; of equal ones the one whose last pieces are longer. */
  int[] best() {
    reached();
    List<Integer> way = new ArrayList<>();
    for (int e = bestBefore(word.length, 0); e >= 0; e = before[e]) {
      way.add(piece[e]);
    }
    return way.reversed().stream().mapToInt(Integer::intValue).toArray();
  }

  /** Finds for each edge the best edge before it, and the best sum up to its end. */
  private void reached() {
    before = new int[edges];
    reached = new float[edges];
    lastOf = new int[word.length + 1][];
    int[] ends = new int[word.length + 1];
    for (int e = 0; e < edges; e++) {
      ends[to[e]]++;
    }
    for (int at = 0; at <= word.length; at++) {
      lastOf[at] = new int[ends[at]];
      ends[at] = 0;
    }
    for (int e = 0; e < edges; e++) {
      lastOf[to[e]][ends[to[e]]++] = e;
    }
    for (int e = 0; e < edges; e++) {
      before[e] = bestBefore(from[e], score(e));
      reached[e] = (before[e] < 0 ? 0 : reached[before[e]]) + score(e);
    }
  }

  /** Of the edges that end at a place the best to go on from; -1 at the beginning of the word. */
  private int bestBefore(int at, float more) {
    int best = -1;
    float most = 0;
    for (int e : lastOf[at]) {
      float sum = reached[e] + more; // rounded with it: what is equal then ties
      if (best < 0 || sum > most) {
        best = e;
        most = sum;
      }
    }
    return best;
  }

  /**
   * The best ways, the best one first: a search from the end of the word that is led by the exact
   * sums from its beginning (A*).
   *
   * @param most how many
   */
  List<int[]> best(int most) {
    reached();
    UnigramQueue queue = new UnigramQueue();
    queue.add(new UnigramQueue.Way(-1, word.length, null, 0, 0));
    List<int[]> found = new ArrayList<>();
    while (found.size() < most && !queue.isEmpty()) {
      UnigramQueue.Way way = queue.poll();
      if (way.at() < 0) {
        found.add(pieces(way));
      } else if (way.at() == 0) { // a step of its own, as the beginning is a node
        queue.add(new UnigramQueue.Way(-1, -1, way, way.behind(), way.behind()));
      } else {
        for (int e : lastOf[way.at()]) {
          float behind = score(e) + way.behind();
          queue.add(new UnigramQueue.Way(e, from[e], way, behind, reached[e] + way.behind()));
        }
      }
    }
    return found;
  }

  private int[] pieces(UnigramQueue.Way whole) {
    List<Integer> pieces = new ArrayList<>();
    for (UnigramQueue.Way way = whole.next(); way.edge() >= 0; way = way.next()) {
      pieces.add(piece[way.edge()]);
    }
    return pieces.stream().mapToInt(Integer::intValue).toArray();
  }
}
