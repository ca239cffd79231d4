// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.loss;

import io.jishi.train.tape.Examples;
import io.jishi.train.tape.Loss;
import io.jishi.train.tape.States;
import io.jishi.train.tape.Targets;

/**
 * Cross-entropy of the label at each place that has one, {@code Σ weight · (−ln p(label) + zLoss ·
 * ln² Z)}. Next token: the label of a place is the token that follows. Masked span: labels stand at
 * the masked places. A conversation: labels stand where the assistant speaks.
 *
 * @param name of the targets in a batch
 * @param zLoss keeps logits from drifting (PaLM, Chowdhery et al. 2022: 1e-4); 0 without
 */
public record TokenLoss(String name, double zLoss) implements Loss {
  /** The one loss of a model, without z-loss. */
  public static TokenLoss plain() {
    return new TokenLoss("", 0);
  }

  @Override
  public boolean logits() {
    return true;
  }

  @Override
  public long scratchBytes(States states, int tokens) {
    return Vocabulary.scratchBytes(states, tokens);
  }

  @Override
  public double total(Examples examples) {
    return examples.targets(name).total();
  }

  @Override
  public double run(States states, double normaliser) {
    Targets targets = states.examples().targets(name);
    int[] tokens = Labelled.tokens(targets);
    int[] labels = new int[tokens.length];
    float[] weights = new float[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      labels[i] = targets.labels()[tokens[i]];
      weights[i] = (float) (targets.weight(tokens[i]) / normaliser);
    }
    float[] losses = new float[tokens.length];
    float[] logSums = new float[tokens.length];
    Vocabulary.run(
        states,
        tokens,
        states.learning(),
        (logits, first, n) -> {
          int vocabulary = states.output().out();
          states
              .machine()
              .rows()
              .crossEntropy(
                  logits,
                  n,
                  vocabulary,
                  first,
                  labels,
                  weights,
                  (float) zLoss,
                  states.learning(),
                  losses,
                  logSums);
        });
    double sum = 0;
    for (int i = 0; i < tokens.length; i++) {
      double square = (double) logSums[i] * logSums[i];
      sum += targets.weight(tokens[i]) * (losses[i] + zLoss * square);
    }
    return sum / normaliser;
  }
}
