// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.train.optim.AdamW;
import io.jishi.train.optim.Lion;
import io.jishi.train.optim.Muon;
import io.jishi.train.optim.Optimizer;
import io.jishi.train.tape.Machine;
import io.jishi.train.tape.Trainable;
import java.util.List;
import java.util.regex.Pattern;

/** The optimiser that a recipe names. */
final class Optimizers {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.95;
  private static final double EPS = 1e-8;
  private static final Pattern NO_MATRIX =
      Pattern.compile("embed|wte|wpe|token_embd|position_embd|lm_head|^output\\.weight|conv|bias$");

  private Optimizers() {}

  static Optimizer of(Recipe.Training t, List<Trainable> trained, Machine machine) {
    AdamW.Options adam = new AdamW.Options(BETA1, BETA2, EPS, t.weightDecay());
    return switch (t.optimizer()) {
      case ADAMW -> new AdamW(trained, machine, adam);
      case LION ->
          new Lion(
              trained,
              machine,
              new Lion.Options(
                  Lion.Options.DEFAULT.beta1(), Lion.Options.DEFAULT.beta2(), t.weightDecay()));
      case MUON ->
          new Muon(
              trained,
              Optimizers::noMatrix,
              machine,
              new Muon.Options(
                  Muon.Options.DEFAULT.momentum(),
                  t.weightDecay(),
                  Muon.Options.DEFAULT.adamRate(),
                  adam));
    };
  }

  /** Tables, taps and stacked biases, by the names of published folders and of GGUF files. */
  private static boolean noMatrix(Trainable trained) {
    return NO_MATRIX.matcher(trained.name()).find();
  }
}
