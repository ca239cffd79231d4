// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.vocab;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The pieces that learning begins with: all characters, and of the strings that stand twice or more
 * and do not always go on with the same character those that cover the most text. Places in the
 * words are grouped by the characters that follow them, one character at a time.
 */
final class UnigramSeeds {
  /** A string and what it counts: how often it stands; of several characters, times its length. */
  record Seed(String piece, double score) {}

  private final int[] text; // all words, each ended by -1
  private final long[] counts; // by place in the text
  private final List<Seed> found = new ArrayList<>();
  private final int[] prefix = new int[PieceRule.MAX_LENGTH];

  private UnigramSeeds(int[] text, long[] counts) {
    this.text = text;
    this.counts = counts;
  }

  /**
   * Finds the seeds: characters first, the most frequent before the rarer, then strings, of equal
   * worth those of more bytes first.
   *
   * @param most strings of several characters
   */
  static List<Seed> of(Map<String, Long> words, int most) {
    int size = words.keySet().stream().mapToInt(w -> w.codePointCount(0, w.length()) + 1).sum();
    int[] text = new int[size];
    long[] counts = new long[size];
    Map<Integer, Long> characters = new TreeMap<>();
    int at = 0;
    for (Map.Entry<String, Long> word : words.entrySet()) {
      for (int c : word.getKey().codePoints().toArray()) {
        counts[at] = word.getValue();
        text[at++] = c;
        characters.merge(c, word.getValue(), Long::sum);
      }
      text[at++] = -1;
    }
    List<Seed> seeds = new ArrayList<>();
    characters.forEach((c, count) -> seeds.add(new Seed(Character.toString(c), count)));
    seeds.sort(Comparator.comparingDouble(Seed::score).reversed()); // stable
    UnigramSeeds strings = new UnigramSeeds(text, counts);
    strings.group(strings.allPlaces(), 0);
    strings.found.sort(
        Comparator.comparingDouble(Seed::score)
            .reversed()
            .thenComparing(seed -> -seed.piece.getBytes(StandardCharsets.UTF_8).length)
            .thenComparing(Seed::piece, UnigramTrainer.BY_CODE_POINTS));
    seeds.addAll(strings.found.subList(0, Math.min(most, strings.found.size())));
    return seeds;
  }

  private long[] allPlaces() {
    long[] places = new long[text.length];
    int n = 0;
    for (int i = 0; i < text.length; i++) {
      if (text[i] >= 0) {
        places[n++] = i;
      }
    }
    return Arrays.copyOf(places, n);
  }

  /** Works on the places of one string of {@code depth} characters. */
  private void group(long[] places, int depth) {
    for (int i = 0; i < places.length; i++) {
      int place = (int) places[i];
      places[i] = (long) text[place + depth] << 32 | place; // ends of words come first
    }
    Arrays.sort(places);
    int from = 0;
    while (from < places.length) {
      int next = (int) (places[from] >> 32);
      int to = from;
      long count = 0;
      while (to < places.length && (int) (places[to] >> 32) == next) {
        count += counts[(int) places[to++]];
      }
      if (next >= 0 && count > 1 && PieceRule.goesOn(prefix, depth, next)) {
        prefix[depth] = next;
        string(Arrays.copyOfRange(places, from, to), count, depth + 1);
      }
      from = to;
    }
  }

  private void string(long[] places, long count, int length) {
    if (length > 1 && branches(places, length)) {
      found.add(new Seed(new String(prefix, 0, length), (double) count * length));
    }
    if (length < PieceRule.MAX_LENGTH) {
      group(places, length);
    }
  }

  /**
   * Whether the string ends a word, or goes on with two characters: else a longer one says more.
   */
  private boolean branches(long[] places, int length) {
    int first = text[(int) places[0] + length];
    for (long place : places) {
      int next = text[(int) place + length];
      if (next < 0 || next != first) {
        return true;
      }
    }
    return false;
  }
}
