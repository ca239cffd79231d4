// SPDX-License-Identifier: Apache-2.0
package io.jishi.bench.tune;

import de.bwaldvogel.liblinear.Feature;
import de.bwaldvogel.liblinear.FeatureNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Texts as vectors of unit length: words and pairs of words, {@code (1 + ln count) · (1 + ln((1 +
 * N) / (1 + n)))}, where n of N texts have the term.
 */
final class TfIdf {
  private static final Pattern WORD = Pattern.compile("\\p{L}+|\\p{N}+");

  private final Map<String, Integer> index = new HashMap<>();
  private final List<Double> weights = new ArrayList<>();

  /** Learns terms and weights. */
  TfIdf(List<String> texts) {
    Map<String, Integer> counts = new TreeMap<>();
    texts.forEach(
        t -> new HashSet<>(terms(t)).forEach(term -> counts.merge(term, 1, Integer::sum)));
    counts.forEach(
        (term, n) -> {
          index.put(term, index.size() + 1); // liblinear counts from 1
          weights.add(1 + Math.log((1.0 + texts.size()) / (1 + n)));
        });
  }

  int size() {
    return index.size();
  }

  /** The vector of a text, by ascending index; unknown terms are left out. */
  Feature[] vector(String text) {
    Map<Integer, Double> values = new TreeMap<>();
    for (String term : terms(text)) {
      Integer at = index.get(term);
      if (at != null) {
        values.merge(at, 1.0, Double::sum);
      }
    }
    values.replaceAll((at, count) -> (1 + Math.log(count)) * weights.get(at - 1));
    double norm = Math.sqrt(values.values().stream().mapToDouble(v -> v * v).sum());
    return values.entrySet().stream()
        .map(e -> (Feature) new FeatureNode(e.getKey(), e.getValue() / norm))
        .toArray(Feature[]::new);
  }

  /** The cosine of two vectors. */
  static double cosine(Feature[] a, Feature[] b) {
    double sum = 0;
    for (int i = 0, j = 0; i < a.length && j < b.length; ) {
      int order = Integer.compare(a[i].getIndex(), b[j].getIndex());
      if (order == 0) {
        sum += a[i].getValue() * b[j].getValue();
      }
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return sum;
  }

  private static List<String> terms(String text) {
    List<String> terms = new ArrayList<>();
    Matcher words = WORD.matcher(text.toLowerCase(Locale.ROOT));
    String before = null;
    while (words.find()) {
      terms.add(words.group());
      if (before != null) {
        terms.add(before + " " + words.group());
      }
      before = words.group();
    }
    return terms;
  }
}
