// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Which items of evaluation sets stand in training text: those that share a run of words with it,
 * without regard to case and punctuation (13 words as in Brown et al. 2020, appendix C). Not
 * thread-safe.
 */
public final class Contamination {
  /** Words in a run, where nothing else is asked for. */
  public static final int RUN = 13;

  /** Items with fewer words are not looked for: they would be found everywhere. */
  private static final int FEWEST_WORDS = 8;

  /**
   * An item that was found.
   *
   * @param item where it stands in its set
   * @param runs how many runs of words it has
   * @param found how many of these training text has
   * @param document the first training document with one
   */
  public record Hit(String item, int runs, int found, String document) {}

  private final int run;
  private final LongMap items = new LongMap();
  private final LongMap shorter = new LongMap();
  private final List<String> names = new ArrayList<>();
  private final List<Integer> totals = new ArrayList<>();
  private final List<String> firsts = new ArrayList<>();
  private final List<LongMap> seen = new ArrayList<>();
  private int tooShort;
  private int shortest = Integer.MAX_VALUE;

  /**
   * Reads evaluation sets, one item a document.
   *
   * @param run words in a run, at least {@code 8}
   */
  public Contamination(List<Path> sets, Documents.Options reading, int run) {
    if (run < FEWEST_WORDS || run > 1000) {
      throw new JishiException.BadRequest(
          "run", "a run must have " + FEWEST_WORDS + " to 1000 words, not " + run);
    }
    this.run = run;
    for (Path file : Documents.files(sets)) {
      try (Documents in = Documents.open(file, reading)) {
        for (Document d = in.next(); d != null; d = in.next()) {
          add(d.text(), d.where());
        }
      }
    }
  }

  /** Adds an item. */
  void add(String text, String where) {
    long[] words = Words.of(text);
    if (words.length < FEWEST_WORDS) {
      tooShort++;
      return;
    }
    LongMap target = words.length < run ? shorter : items;
    shortest = Math.min(shortest, words.length);
    long[] runs = Words.runs(words, run);
    for (long hash : runs) {
      target.putIfAbsent(hash, names.size());
    }
    names.add(where);
    totals.add(runs.length);
    firsts.add(null);
    seen.add(new LongMap());
  }

  /** Whether a training text holds a run of an item; notes which. */
  public boolean check(String text, String where) {
    long[] words = Words.of(text);
    boolean found = words.length >= run && note(Words.runs(words, run), items, where);
    for (int n = shortest; n < run && n <= words.length && shorter.size() > 0; n++) {
      found |= note(Words.runs(words, n), shorter, where);
    }
    return found;
  }

  private boolean note(long[] runs, LongMap in, String where) {
    boolean found = false;
    for (long hash : runs) {
      int item = in.get(hash);
      if (item >= 0) {
        found = true;
        seen.get(item).putIfAbsent(hash, 0);
        if (firsts.get(item) == null) {
          firsts.set(item, where);
        }
      }
    }
    return found;
  }

  /** The items that were found, in the order of their sets. */
  public List<Hit> hits() {
    List<Hit> hits = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      if (firsts.get(i) != null) {
        hits.add(new Hit(names.get(i), totals.get(i), seen.get(i).size(), firsts.get(i)));
      }
    }
    return hits;
  }

  /** Items that have too few words to be looked for. */
  public int tooShort() {
    return tooShort;
  }
}
