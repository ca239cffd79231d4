// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tune;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How answers compare with those that were wanted. A text has to be the same but for blanks around
 * it; a JSON object has to have the same values, whatever their order and the blanks between them.
 *
 * @param total answers that were judged
 * @param exact answers that are right as a whole
 * @param fields fields of wanted JSON objects, 0 where no answer is one
 * @param fieldsRight fields that have the value that is wanted
 * @param commonest how often the commonest of the wanted answers is wanted
 * @param wrong some of the answers that are not right
 */
public record Score(
    int total, int exact, int fields, int fieldsRight, int commonest, List<Wrong> wrong) {
  private static final int SHOWN = 3;

  /** Copies the list. */
  public Score {
    wrong = List.copyOf(wrong);
  }

  /**
   * One that is not right.
   *
   * @param input the last turn before the answer
   * @param wanted the answer of the example
   * @param given the answer of the model
   */
  public record Wrong(String input, String wanted, String given) {}

  /** Right answers among all. */
  public double accuracy() {
    return total == 0 ? Double.NaN : (double) exact / total;
  }

  /** What one would be right in that always gives the commonest answer. */
  public double commonestShare() {
    return total == 0 ? Double.NaN : (double) commonest / total;
  }

  /**
   * Judges.
   *
   * @param examples what was wanted
   * @param answers what was given, in the same order
   */
  public static Score of(List<Example> examples, List<String> answers) {
    int exact = 0;
    int fields = 0;
    int right = 0;
    Map<String, Integer> counts = new HashMap<>();
    List<Wrong> wrong = new ArrayList<>();
    for (int i = 0; i < examples.size(); i++) {
      Example example = examples.get(i);
      String given = answers.get(i).strip();
      counts.merge(example.answer(), 1, Integer::sum);
      Map<?, ?> wanted = object(example.answer());
      boolean same;
      if (wanted == null) {
        same = example.answer().equals(given);
      } else {
        Map<?, ?> found = Objects.requireNonNullElse(object(given), Map.of());
        fields += wanted.size();
        right +=
            (int)
                wanted.entrySet().stream()
                    .filter(e -> Objects.equals(e.getValue(), found.get(e.getKey())))
                    .count();
        same = wanted.equals(found);
      }
      if (same) {
        exact++;
      } else if (wrong.size() < SHOWN) {
        wrong.add(new Wrong(example.prompt().getLast().content(), example.answer(), given));
      }
    }
    int most = counts.values().stream().mapToInt(Integer::intValue).max().orElse(0);
    return new Score(examples.size(), exact, fields, right, most, wrong);
  }

  /** The object that a text is, or null where it is none. */
  private static Map<?, ?> object(String text) {
    if (!text.startsWith("{")) {
      return null;
    }
    try {
      return Json.parse("answer", text) instanceof Map<?, ?> object ? object : null;
    } catch (JishiException.BadFile e) {
      return null; // a text that only begins like one
    }
  }
}
