// SPDX-License-Identifier: Apache-2.0
package io.jishi.bench.tune;

import de.bwaldvogel.liblinear.Feature;
import de.bwaldvogel.liblinear.FeatureNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Finds a part of a text: each word is inside or outside, by a linear model of the word and its two
 * neighbours on each side; the longest run of words inside is the part.
 */
final class Spans {
  private static final Pattern WORD = Pattern.compile("\\S+");
  private static final int REACH = 2;

  private final Map<String, Integer> index = new HashMap<>();
  private final Logistic model;

  /** Learns from texts and the part of each. */
  Spans(List<String> texts, List<String> parts) {
    List<Feature[]> vectors = new ArrayList<>();
    List<String> inside = new ArrayList<>();
    for (int t = 0; t < texts.size(); t++) {
      int from = texts.get(t).indexOf(parts.get(t));
      int to = from + parts.get(t).length();
      List<MatchResult> words = words(texts.get(t));
      for (int w = 0; w < words.size(); w++) {
        vectors.add(vector(words, w, true));
        boolean in = words.get(w).start() >= from && words.get(w).end() <= to;
        inside.add(String.valueOf(in));
      }
    }
    model = new Logistic(vectors, inside, index.size());
  }

  private static List<MatchResult> words(String text) {
    return WORD.matcher(text).results().toList();
  }

  private Feature[] vector(List<MatchResult> words, int at, boolean learn) {
    TreeSet<Integer> present = new TreeSet<>();
    for (int d = -REACH; d <= REACH; d++) {
      int other = at + d;
      String word =
          other < 0 ? "<begin>" : other >= words.size() ? "<end>" : words.get(other).group();
      add(present, d + ":" + word.toLowerCase(Locale.ROOT), learn);
      add(present, d + ":capital " + Character.isUpperCase(word.charAt(0)), learn);
    }
    add(present, "place " + Math.min(at, 8), learn);
    return present.stream().map(i -> (Feature) new FeatureNode(i, 1)).toArray(Feature[]::new);
  }

  private void add(TreeSet<Integer> present, String name, boolean learn) {
    Integer known = learn ? index.computeIfAbsent(name, _ -> index.size() + 1) : index.get(name);
    if (known != null) {
      present.add(known);
    }
  }

  /** The part of a text; empty where no word is inside. */
  String part(String text) {
    List<MatchResult> words = words(text);
    int bestFrom = 0;
    int bestTo = 0;
    int from = 0;
    for (int w = 0; w < words.size(); w++) {
      if (!model.label(vector(words, w, false)).equals("true")) {
        from = w + 1;
      } else if (w + 1 - from > bestTo - bestFrom) {
        bestFrom = from;
        bestTo = w + 1;
      }
    }
    return bestTo == 0
        ? ""
        : text.substring(words.get(bestFrom).start(), words.get(bestTo - 1).end());
  }
}
