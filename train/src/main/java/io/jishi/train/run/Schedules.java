// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import java.util.function.LongToDoubleFunction;

/** The learning rate of each step. */
final class Schedules {
  private static final double COSINE_END = 0.1; // of the highest rate

  private Schedules() {}

  /** Warm-up along a line, then what the recipe's curve says; steps count from 0. */
  static LongToDoubleFunction of(Recipe recipe, Plan plan) {
    Recipe.Training t = recipe.training();
    double warm = Math.max(1, Math.round(t.warmUp() * plan.steps()));
    double decay = Math.max(1, Math.round(t.decay() * plan.steps()));
    double rest = Math.max(1, plan.steps() - warm);
    return step -> {
      if (step < warm) {
        return plan.rate() * (step + 1) / warm;
      }
      double left = plan.steps() - step;
      double share =
          switch (t.curve()) {
            case WSD -> Math.min(1, left / decay);
            case COSINE ->
                COSINE_END
                    + (1 - COSINE_END) * 0.5 * (1 + Math.cos(Math.PI * (step - warm) / rest));
            case LINEAR -> left / rest;
          };
      return plan.rate() * share;
    };
  }
}
