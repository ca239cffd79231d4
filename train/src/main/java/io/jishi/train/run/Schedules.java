// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.train.optim.Schedule;
import java.util.function.LongToDoubleFunction;

/** The learning rate of each step, as the recipe's curve has it. */
final class Schedules {
  private static final double COSINE_END = 0.1; // of the highest rate

  private Schedules() {}

  static LongToDoubleFunction of(Recipe recipe, Plan plan) {
    Recipe.Training t = recipe.training();
    long steps = plan.steps();
    long warm = Math.max(1, Math.round(t.warmUp() * steps));
    Schedule schedule =
        switch (t.curve()) {
          case WSD ->
              new Schedule.WarmupStableDecay(
                  warm, Math.max(1, Math.round(t.decay() * steps)), steps, 0);
          case COSINE -> new Schedule.Cosine(warm, steps, COSINE_END);
          case LINEAR -> new Schedule.Linear(warm, steps, 0);
        };
    return step -> plan.rate() * schedule.factor(step);
  }
}
