// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.eval;

import io.jishi.nano.data.Exercise;
import io.jishi.nano.data.Kinds;
import io.jishi.nano.data.Language;
import io.jishi.nano.data.Split;
import java.util.ArrayList;
import java.util.List;

/**
 * How many exercises of one kind were answered right.
 *
 * @param kind of exercises
 * @param language of the questions
 * @param split what was held out
 * @param right answers that the check accepts
 * @param total exercises
 * @param failures the first few wrong ones
 */
public record Score(
    String kind, Language language, Split split, int right, int total, List<Failure> failures) {
  private static final int SHOWN = 2;

  /** A question and a wrong answer to it. */
  public record Failure(Exercise exercise, Solver.Reply reply) {}

  /** Copies the list. */
  public Score {
    failures = List.copyOf(failures);
  }

  /** Asks so many exercises; the same seed asks the same ones. */
  public static Score of(
      Solver solver, Kinds.Kind kind, Language language, Split split, int exercises, long seed) {
    int right = 0;
    List<Failure> failures = new ArrayList<>();
    for (int i = 0; i < exercises; i++) {
      Exercise exercise = kind.make(language, split, seed + i);
      Solver.Reply reply = solver.reply(exercise);
      if (exercise.check().accepts(reply.text(), reply.calls())) {
        right++;
      } else if (failures.size() < SHOWN) {
        failures.add(new Failure(exercise, reply));
      }
    }
    return new Score(kind.name(), language, split, right, exercises, failures);
  }
}
