// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

/**
 * Unigram language model (Kudo 2018): of all ways to write a text in pieces the one of the highest
 * sum of scores (Viterbi). A character that no piece covers costs ten more than the rarest piece.
 * At equal sums the longest last piece wins, as in SentencePiece, whose sums are 32-bit floats;
 * those of Hugging Face are 64-bit.
 */
final class UnigramModel implements WordModel {
  private static final float UNKNOWN_PENALTY = 10;

  /**
   * What a file says.
   *
   * @param scores log probabilities by id
   * @param byteIds tokens for the bytes of an unknown character, or null
   * @param unknown the token for unknown characters, one for all that stand side by side
   * @param single whether sums are 32-bit floats
   */
  record Parts(
      Vocabulary vocabulary, double[] scores, int[] byteIds, int unknown, boolean single) {}

  private final Parts parts;
  private final PieceTrie trie;
  private final double unknownScore;

  /** Scores of the pieces that users define are replaced by a bonus, as in SentencePiece. */
  UnigramModel(Parts given) {
    parts =
        new Parts(
            given.vocabulary(),
            given.scores().clone(),
            given.byteIds(),
            given.unknown(),
            given.single());
    Vocabulary vocabulary = parts.vocabulary();
    trie = new PieceTrie(vocabulary.size() * 2);
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    for (int id = 0; id < vocabulary.size(); id++) {
      if (vocabulary.type(id) == Vocabulary.Type.NORMAL) {
        least = Math.min(least, parts.scores()[id]);
        most = Math.max(most, parts.scores()[id]);
      }
    }
    for (int id = 0; id < vocabulary.size(); id++) {
      String piece = vocabulary.piece(id);
      if (vocabulary.isText(id) && !piece.isEmpty()) {
        trie.add(piece, id);
        if (vocabulary.type(id) == Vocabulary.Type.USER_DEFINED && parts.single()) {
          int bytes = piece.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
          parts.scores()[id] = (float) (bytes * (float) most - 0.1);
        }
      }
    }
    unknownScore = (least == Double.POSITIVE_INFINITY ? 0 : least) - UNKNOWN_PENALTY;
  }

  @Override
  public void encode(String text, int from, int to, IntList out) {
    int n = to - from;
    double[] best = new double[n + 1];
    int[] start = new int[n + 1];
    int[] token = new int[n + 1];
    java.util.Arrays.fill(start, 1, n + 1, -1);
    for (int at = 0; at < n; ) {
      int width = Character.charCount(WordRule.codePoint(text, from + at, to));
      boolean covered = false;
      int node = PieceTrie.ROOT;
      for (int i = at; i < n; i++) {
        out.work++;
        node = trie.next(node, text.charAt(from + i));
        if (node < 0) {
          break;
        }
        int id = trie.id(node);
        if (id >= 0) {
          covered |= i + 1 - at == width;
          offer(best, start, token, at, i + 1, parts.scores()[id], id);
        }
      }
      if (!covered) {
        offer(best, start, token, at, at + width, unknownScore, -1);
      }
      at += width;
    }
    emit(text, from, start, token, out);
  }

  private void offer(
      double[] best, int[] start, int[] token, int at, int end, double score, int id) {
    double sum = parts.single() ? (float) best[at] + (float) score : best[at] + score;
    if (start[end] < 0 || sum > best[end]) {
      best[end] = sum;
      start[end] = at;
      token[end] = id;
    }
  }

  /** Follows the best way back, then writes it forwards. */
  private void emit(String text, int from, int[] start, int[] token, IntList out) {
    IntList ends = new IntList();
    for (int end = start.length - 1; end > 0; end = start[end]) {
      ends.add(end);
    }
    boolean afterUnknown = false;
    for (int i = ends.size() - 1; i >= 0; i--) {
      int end = ends.get(i);
      int id = token[end];
      if (id >= 0) {
        out.add(id);
        afterUnknown = false;
      } else if (parts.byteIds() == null) {
        if (!afterUnknown) {
          out.add(parts.unknown());
        }
        afterUnknown = true;
      } else {
        bytes(text.codePointAt(from + start[end]), out);
      }
    }
  }

  private void bytes(int codePoint, IntList out) {
    for (int b : BpeModel.utf8(codePoint)) {
      int id = parts.byteIds()[b];
      out.add(id < 0 ? parts.unknown() : id);
    }
  }
}
