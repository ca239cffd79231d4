// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.vocab;

import io.jishi.base.JishiException;
import io.jishi.train.data.Document;
import io.jishi.train.data.Documents;
import io.jishi.train.data.Workers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * How often each word stands in the files. Documents are counted on all cores; the counts, in the
 * order of the words, do not depend on how many.
 */
public final class WordCounts {
  /** Text in a round, in UTF-16 units: what is held at once. */
  private static final int ROUND = 8 << 20;

  /** Longest stretch that is cut at once, so that no expression runs on a book. */
  private static final int STRETCH = 1 << 16;

  private WordCounts() {}

  /**
   * Counts the words of files.
   *
   * @param splitter gives the words of a text
   * @param read is told how many UTF-16 units have been read
   * @throws JishiException.BadFile for a file that is empty, binary or broken
   */
  public static Map<String, Long> of(
      List<Path> paths,
      Documents.Options reading,
      BiConsumer<String, Consumer<String>> splitter,
      int threads,
      LongConsumer read) {
    Map<String, Long> all = new HashMap<>();
    long units = 0;
    try (Workers workers = new Workers(threads)) {
      for (Path file : Documents.files(paths)) {
        try (Documents in = Documents.open(file, reading)) {
          List<String> round = new ArrayList<>();
          int size = 0;
          for (Document d = in.next(); d != null; d = in.next()) {
            stretches(d.text(), round);
            size += d.text().length();
            units += d.text().length();
            if (size > ROUND) {
              count(round, splitter, workers, threads, all);
              round.clear();
              size = 0;
              read.accept(units);
            }
          }
          count(round, splitter, workers, threads, all);
          read.accept(units);
        }
      }
    }
    return new TreeMap<>(all);
  }

  /** Cuts long texts behind a line, so that no word is cut except in a line without end. */
  private static void stretches(String text, List<String> out) {
    int from = 0;
    while (text.length() - from > STRETCH) {
      int cut = text.lastIndexOf('\n', from + STRETCH - 1) + 1;
      while (cut > from && cut < text.length() && Character.isWhitespace(text.charAt(cut))) {
        cut = text.lastIndexOf('\n', cut - 2) + 1; // white space belongs together
      }
      if (cut <= from) {
        cut = from + STRETCH;
        cut -= Character.isHighSurrogate(text.charAt(cut - 1)) ? 1 : 0;
      }
      out.add(text.substring(from, cut));
      from = cut;
    }
    out.add(text.substring(from));
  }

  private static void count(
      List<String> texts,
      BiConsumer<String, Consumer<String>> splitter,
      Workers workers,
      int threads,
      Map<String, Long> all) {
    List<List<String>> shares = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      shares.add(texts.subList(texts.size() * i / threads, texts.size() * (i + 1) / threads));
    }
    List<Map<String, Long>> counts =
        workers.map(
            shares,
            share -> {
              Map<String, Long> own = new HashMap<>();
              share.forEach(text -> splitter.accept(text, word -> own.merge(word, 1L, Long::sum)));
              return own;
            });
    counts.forEach(own -> own.forEach((word, count) -> all.merge(word, count, Long::sum)));
  }
}
