// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.vocab;

import io.jishi.base.JishiException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.IntConsumer;

/**
 * Byte-level byte-pair encoding (Sennrich et al. 2016): merges the most frequent pair of
 * neighbours again and again; among equally frequent ones the pair with the lower ids. The counts
 * of pairs are kept up to date rather than counted again, in the words that a merge touches alone.
 */
public final class BpeTrainer {
  /** Longest token in bytes: what is longer is a rule of dashes, not a word. */
  static final int MAX_TOKEN = 128;

  /**
   * What was learned.
   *
   * @param pieces by id, in the letters of bytes: special tokens, the 256 bytes, merged ones
   * @param merges pairs of pieces in order
   */
  public record Learned(List<String> pieces, List<String[]> merges) {}

  private record Candidate(long count, int left, int right) implements Comparable<Candidate> {
    @Override
    public int compareTo(Candidate other) {
      int order = Long.compare(other.count, count);
      order = order != 0 ? order : Integer.compare(left, other.left);
      return order != 0 ? order : Integer.compare(right, other.right);
    }
  }

  private final int size;
  private final long minFrequency;
  private final List<String> pieces = new ArrayList<>();
  private final Map<String, Integer> ids = new HashMap<>();
  private final List<String[]> merges = new ArrayList<>();
  private final PriorityQueue<Candidate> candidates = new PriorityQueue<>();
  private final int specials;
  private PairCounts pairs;
  private int[][] words;
  private int[] lengths;
  private long[] counts;
  private int[] touched;

  private BpeTrainer(int size, long minFrequency, List<String> special) {
    this.size = size;
    this.minFrequency = Math.max(1, minFrequency);
    this.specials = special.size();
    special.forEach(this::piece);
    for (int rank = 0; rank < 256; rank++) {
      for (int b = 0; b < 256; b++) {
        if (ByteLetters.rank(b) == rank) {
          piece(String.valueOf(ByteLetters.of(b)));
        }
      }
    }
  }

  /**
   * Learns a vocabulary.
   *
   * @param words with their counts; their order does not matter for the result
   * @param size tokens in all, special ones and the 256 bytes included
   * @param minFrequency a pair that is rarer is not merged
   * @param special tokens that stand first
   * @param progress is told the number of tokens after each merge
   * @throws JishiException.BadRequest where the size is too small
   */
  public static Learned train(
      Map<String, Long> words, int size, long minFrequency, List<String> special, IntConsumer progress) {
    if (size < 256 + special.size() || size > 1 << 22) {
      throw new JishiException.BadRequest(
          "vocab-size",
          "the vocabulary must have %d (256 bytes and %d special tokens) to %d tokens, not %d"
              .formatted(256 + special.size(), special.size(), 1 << 22, size));
    }
    BpeTrainer trainer = new BpeTrainer(size, minFrequency, special);
    trainer.load(words);
    trainer.run(progress);
    return new Learned(List.copyOf(trainer.pieces), List.copyOf(trainer.merges));
  }

  private int piece(String piece) {
    Integer known = ids.putIfAbsent(piece, pieces.size());
    if (known != null) {
      return known;
    }
    pieces.add(piece);
    return pieces.size() - 1;
  }

  private void load(Map<String, Long> given) {
    words = new int[given.size()][];
    lengths = new int[given.size()];
    counts = new long[given.size()];
    touched = new int[given.size()];
    pairs = new PairCounts();
    int w = 0;
    for (Map.Entry<String, Long> entry : given.entrySet()) {
      byte[] bytes = entry.getKey().getBytes(StandardCharsets.UTF_8);
      int[] word = new int[bytes.length];
      for (int i = 0; i < word.length; i++) {
        word[i] = specials + ByteLetters.rank(bytes[i] & 0xFF);
      }
      words[w] = word;
      lengths[w] = word.length;
      counts[w] = entry.getValue();
      for (int i = 0; i + 1 < word.length; i++) {
        pairs.add(word[i], word[i + 1], counts[w], w);
      }
      w++;
    }
    pairs.forEach((left, right, count) -> candidates.add(new Candidate(count, left, right)));
  }

  private void run(IntConsumer progress) {
    for (int merge = 1; pieces.size() < size; merge++) {
      Candidate best = next();
      if (best == null) {
        return;
      }
      String left = pieces.get(best.left);
      String right = pieces.get(best.right);
      int made = piece(left + right);
      merges.add(new String[] {left, right});
      List<Candidate> grown = new ArrayList<>();
      for (int w : pairs.words(best.left, best.right)) {
        if (touched[w] != merge) {
          touched[w] = merge;
          merge(w, best, made, grown);
        }
      }
      pairs.remove(best.left, best.right);
      for (Candidate pair : grown) {
        long count = pairs.count(pair.left, pair.right);
        if (count > 0) {
          candidates.add(new Candidate(count, pair.left, pair.right));
        }
      }
      progress.accept(pieces.size());
    }
  }

  /** The pair to merge, or null; counts in the queue may be out of date and are put right here. */
  private Candidate next() {
    while (true) {
      Candidate top = candidates.poll();
      if (top == null) {
        return null;
      }
      long count = pairs.count(top.left, top.right);
      if (count != top.count) {
        if (count > 0 && count < top.count) {
          candidates.add(new Candidate(count, top.left, top.right));
        }
        continue; // one that has grown stands in the queue a second time
      }
      if (count < minFrequency) {
        return null;
      }
      if (pieces.get(top.left).length() + pieces.get(top.right).length() <= MAX_TOKEN) {
        return top;
      }
    }
  }

  private void merge(int w, Candidate pair, int made, List<Candidate> grown) {
    int[] word = words[w];
    int length = lengths[w];
    int out = 0;
    for (int i = 0; i < length; i++) {
      if (word[i] != pair.left || i + 1 >= length || word[i + 1] != pair.right) {
        word[out++] = word[i];
        continue;
      }
      if (out > 0) {
        pairs.add(word[out - 1], pair.left, -counts[w], w);
        grow(word[out - 1], made, w, grown);
      }
      if (i + 2 < length) {
        pairs.add(pair.right, word[i + 2], -counts[w], w);
        grow(made, word[i + 2], w, grown);
      }
      word[out++] = made;
      i++;
    }
    lengths[w] = out;
  }

  private void grow(int left, int right, int w, List<Candidate> grown) {
    if (pairs.add(left, right, counts[w], w)) {
      grown.add(new Candidate(0, left, right));
    }
  }
}
