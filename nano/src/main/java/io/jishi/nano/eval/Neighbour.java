// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.eval;

import io.jishi.nano.data.Corpus;
import io.jishi.nano.data.Exercise;
import io.jishi.nano.data.Turn;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The baseline that has learned nothing: the answer of the most similar question among training
 * exercises, by the cosine of their three-letter sequences, rare ones weighing more (TF-IDF).
 */
public final class Neighbour implements Solver {
  private static final int GRAM = 3; // UTF-16 units

  private record Entry(int exercise, double weight) {}

  private final List<Turn> answers = new ArrayList<>();
  private final Map<String, List<Entry>> index = new HashMap<>();
  private final Map<String, Double> rarity = new HashMap<>();

  /** Remembers so many exercises of a corpus. */
  public Neighbour(long seed, int exercises) {
    Corpus corpus = new Corpus(seed);
    List<Set<String>> grams = new ArrayList<>();
    for (int i = 0; i < exercises; i++) {
      Exercise exercise = corpus.next();
      answers.add(exercise.answer());
      grams.add(grams(exercise));
    }
    grams.forEach(set -> set.forEach(g -> rarity.merge(g, 1.0, Double::sum)));
    rarity.replaceAll((_, count) -> Math.log(exercises / count) + 1);
    for (int i = 0; i < exercises; i++) {
      double norm = norm(grams.get(i));
      for (String gram : grams.get(i)) {
        index
            .computeIfAbsent(gram, _ -> new ArrayList<>())
            .add(new Entry(i, rarity.get(gram) / norm));
      }
    }
  }

  private double norm(Set<String> grams) {
    return Math.sqrt(
        grams.stream().mapToDouble(g -> rarity.getOrDefault(g, 0.0)).map(x -> x * x).sum());
  }

  private static Set<String> grams(Exercise exercise) {
    String text = " " + exercise.question().getLast().content() + " ";
    Set<String> grams = new HashSet<>();
    for (int i = 0; i + GRAM <= text.length(); i++) {
      grams.add(text.substring(i, i + GRAM));
    }
    return grams;
  }

  @Override
  public Reply reply(Exercise exercise) {
    double[] scores = new double[answers.size()];
    for (String gram : grams(exercise)) {
      for (Entry entry : index.getOrDefault(gram, List.of())) {
        scores[entry.exercise] += entry.weight * rarity.get(gram);
      }
    }
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    Turn answer = answers.get(best);
    List<Turn.Call> calls = answer.call() == null ? List.of() : List.of(answer.call());
    return new Reply(answer.content(), "", calls);
  }
}
