// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.loss;

import io.jishi.train.tape.Examples;
import io.jishi.train.tape.Loss;
import io.jishi.train.tape.States;

/**
 * A {@link PreferenceLoss} that can also be asked what it makes its margins of: the log-probability
 * of each answer under the model as it is. Before the first step that is the reference.
 */
public final class PreferenceScores implements Loss {
  private final PreferenceLoss loss;
  private boolean scoring;
  private double[] scores = {};

  /** Scores for that loss. */
  public PreferenceScores(PreferenceLoss loss) {
    this.loss = loss;
  }

  /** The loss itself. */
  public PreferenceLoss loss() {
    return loss;
  }

  /** From now on, whether a pass leaves {@link #scores} rather than a loss. */
  public void scoring(boolean yes) {
    scoring = yes;
  }

  /** The log-probabilities of the answers of the last pass that was scored, one a span. */
  public double[] scores() {
    return scores.clone();
  }

  @Override
  public long scratchBytes(States states, int tokens) {
    return loss.scratchBytes(states, tokens);
  }

  @Override
  public double total(Examples examples) {
    return loss.total(examples);
  }

  @Override
  public double run(States states, double normaliser) {
    if (!scoring) {
      return loss.run(states, normaliser);
    }
    scores = PreferenceLoss.logProbabilities(states, states.examples().targets(loss.name()));
    return 0;
  }
}
