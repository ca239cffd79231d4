// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.text.Vocabulary.Type;
import java.util.Arrays;

/** Builds the table of pairs from what a file holds: ranked pairs, or scored pieces. */
final class Merges {
  /** Published vocabularies stay below 5 % of this. */
  private static final long MAX_WORK = 1L << 30;

  private Merges() {}

  /** Reads ranked pairs one by one, the most urgent first. */
  static final class Ranked {
    private final String source;
    private final Vocabulary vocabulary;
    private final PairTable pairs;
    private int rank;

    Ranked(String source, Vocabulary vocabulary, int count) {
      this.source = source;
      this.vocabulary = vocabulary;
      this.pairs = new PairTable(count);
    }

    /** Adds {@code "left right"}. */
    void add(String pair) {
      int space = pair.indexOf(' ', 1);
      if (space < 0 || space == pair.length() - 1) {
        throw new JishiException.BadFile(
            "%s: merge %d is '%s', expected two pieces with a space between"
                .formatted(source, rank, pair));
      }
      add(pair.substring(0, space), pair.substring(space + 1));
    }

    void add(String left, String right) {
      int a = piece(left);
      int b = piece(right);
      int joined = piece(left + right);
      // No spelling of a control token in plain text may become one.
      if (vocabulary.isText(a) && vocabulary.isText(b) && vocabulary.isText(joined)) {
        pairs.putIfAbsent(a, b, rank, joined);
      }
      rank++;
    }

    private int piece(String piece) {
      int id = vocabulary.find(piece);
      if (id < 0) {
        throw new JishiException.BadFile(
            "%s: merge %d needs the piece '%s', which is not in the vocabulary"
                .formatted(source, rank, piece));
      }
      return id;
    }

    PairTable pairs() {
      return pairs;
    }
  }

  /**
   * The pairs that scored pieces imply: any two symbols whose texts joined are a piece, the highest
   * score first. Characters without a piece of their own get symbols from {@code vocabulary.size()}
   * on, which {@code symbols} then holds too.
   */
  static PairTable scored(Vocabulary vocabulary, float[] scores, Symbols symbols) {
    checkWork(vocabulary);
    int[] ranks = ranks(scores);
    PairTable pairs = new PairTable(vocabulary.size());
    int free = vocabulary.size();
    for (int id = 0; id < vocabulary.size(); id++) {
      String piece = vocabulary.piece(id);
      if (vocabulary.type(id) != Type.NORMAL || vocabulary.find(piece) != id) {
        continue;
      }
      int step = piece.isEmpty() ? 0 : Character.charCount(piece.codePointAt(0));
      for (int cut = step; cut < piece.length(); cut += step) {
        step = Character.charCount(piece.codePointAt(cut));
        String left = piece.substring(0, cut);
        String right = piece.substring(cut);
        free = nameCharacter(left, symbols, free);
        free = nameCharacter(right, symbols, free);
        int a = symbol(left, vocabulary, symbols);
        int b = symbol(right, vocabulary, symbols);
        if (a >= 0 && b >= 0) {
          pairs.putIfAbsent(a, b, ranks[id], id);
        }
      }
    }
    return pairs;
  }

  /** Cutting a piece everywhere takes time squared: a file of long pieces only is refused. */
  private static void checkWork(Vocabulary vocabulary) {
    long work = 0;
    for (int id = 0; id < vocabulary.size(); id++) {
      work += (long) vocabulary.piece(id).length() * vocabulary.piece(id).length();
    }
    if (work > MAX_WORK) {
      throw new JishiException.BadFile(
          "%s: its %d tokens are too long on the whole to be cut in all ways; is the file damaged?"
              .formatted(vocabulary.source(), vocabulary.size()));
    }
  }

  private static int nameCharacter(String part, Symbols symbols, int free) {
    if (Symbols.isOneCharacter(part) && symbols.of(part.codePointAt(0)) < 0) {
      symbols.put(part.codePointAt(0), free);
      return free + 1;
    }
    return free;
  }

  private static int symbol(String part, Vocabulary vocabulary, Symbols symbols) {
    if (Symbols.isOneCharacter(part)) {
      return symbols.of(part.codePointAt(0));
    }
    int id = vocabulary.find(part);
    return id >= 0 && vocabulary.type(id) == Type.NORMAL ? id : -1;
  }

  /** Dense ranks by falling score; equal scores share one, so that the leftmost pair goes first. */
  private static int[] ranks(float[] scores) {
    float[] sorted = scores.clone();
    Arrays.sort(sorted);
    int[] ranks = new int[scores.length];
    for (int i = 0; i < scores.length; i++) {
      // Equal values all find the same index once duplicates are gone.
      ranks[i] = scores.length - 1 - firstIndex(sorted, scores[i]);
    }
    return ranks;
  }

  private static int firstIndex(float[] sorted, float value) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Float.compare(sorted[middle], value) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
