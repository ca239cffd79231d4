// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.train.optim.AdamW;
import io.jishi.train.optim.Optimizer;
import io.jishi.train.tape.Machine;
import io.jishi.train.tape.Trainable;
import java.util.List;

/** The optimiser that a recipe names. */
final class Optimizers {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.95;
  private static final double EPS = 1e-8;

  private Optimizers() {}

  static Optimizer of(Recipe.Training t, List<Trainable> trained, Machine machine) {
    return switch (t.optimizer()) {
      case ADAMW ->
          new AdamW(trained, machine, new AdamW.Options(BETA1, BETA2, EPS, t.weightDecay()));
      case MUON, LION ->
          throw new JishiException.Unsupported(
              "train.optimizer: " + t.optimizer() + " is not there yet; adamw is");
    };
  }
}
