// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.loss;

import io.jishi.base.JishiException;
import io.jishi.train.tape.Examples;
import io.jishi.train.tape.Loss;
import io.jishi.train.tape.States;
import io.jishi.train.tape.Targets;

/**
 * Direct preference optimisation (Rafailov et al. 2023): {@code −ln σ(β · ((c − c₀) − (r − r₀)))},
 * c and r the logarithms of the probabilities of the chosen and the rejected answer, c₀ and r₀
 * those of the model that training began with.
 *
 * <p>Spans come in pairs, the chosen one first. Labels stand at the answers' tokens; the value of a
 * span's last token is its c₀ or r₀, as {@link #logProbabilities} gives it.
 *
 * @param name of the targets in a batch
 * @param beta how far the model may go from where it began; 0.1 is usual
 */
public record PreferenceLoss(String name, double beta) implements Loss {
  @Override
  public long scratchBytes(States states, int tokens) {
    return Vocabulary.scratchBytes(states, tokens);
  }

  /** The number of pairs. */
  @Override
  public double total(Examples examples) {
    if (examples.spans() % 2 != 0) {
      throw new JishiException.BadRequest(
          "bounds", "spans come in pairs, but there are " + examples.spans());
    }
    return examples.spans() / 2.0;
  }

  @Override
  public double run(States states, double normaliser) {
    Examples examples = states.examples();
    Targets targets = examples.targets(name);
    int pairs = (int) total(examples);
    double[] now = logProbabilities(states, targets);
    double sum = 0;
    double[] slopes = new double[examples.spans()];
    for (int p = 0; p < pairs; p++) {
      double chosen = now[2 * p] - start(examples, targets, 2 * p);
      double rejected = now[2 * p + 1] - start(examples, targets, 2 * p + 1);
      double margin = beta * (chosen - rejected);
      sum += loss(margin);
      slopes[2 * p] = beta * slope(margin) / normaliser;
      slopes[2 * p + 1] = -slopes[2 * p];
    }
    if (states.learning()) {
      // Cross-entropy is minus a log-probability: its weight at a token is minus the slope.
      score(states, targets, slopes, true);
    }
    return sum / normaliser;
  }

  /** The loss of one pair, whose log-probabilities have moved apart by so much. */
  public double of(double apart) {
    return loss(beta * apart);
  }

  /** {@code −ln σ(margin)}. */
  static double loss(double margin) {
    return margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
  }

  /** Its derivative. */
  static double slope(double margin) {
    return -1 / (1 + Math.exp(margin));
  }

  private static double start(Examples examples, Targets targets, int span) {
    if (targets.values() == null) {
      throw new JishiException.BadRequest(
          "targets", "the log-probabilities of the reference are missing");
    }
    return targets.values()[examples.bounds()[span + 1] - 1];
  }

  /** The sum of the log-probabilities of each span's labels. */
  static double[] logProbabilities(States states, Targets targets) {
    return score(states, targets, new double[states.examples().spans()], false);
  }

  private static double[] score(States states, Targets targets, double[] slopes, boolean learning) {
    Examples examples = states.examples();
    int[] tokens = Labelled.tokens(targets);
    int[] labels = new int[tokens.length];
    int[] spans = new int[tokens.length];
    float[] weights = new float[tokens.length];
    int span = 0;
    for (int i = 0; i < tokens.length; i++) {
      while (tokens[i] >= examples.bounds()[span + 1]) {
        span++;
      }
      spans[i] = span;
      labels[i] = targets.labels()[tokens[i]];
      weights[i] = (float) -slopes[span];
    }
    float[] losses = new float[tokens.length];
    float[] logSums = new float[tokens.length];
    Vocabulary.run(
        states,
        tokens,
        learning,
        (logits, first, n) ->
            states
                .machine()
                .rows()
                .crossEntropy(
                    logits,
                    n,
                    states.output().out(),
                    first,
                    labels,
                    weights,
                    0,
                    learning,
                    losses,
                    logSums));
    double[] sums = new double[examples.spans()];
    for (int i = 0; i < tokens.length; i++) {
      sums[spans[i]] -= losses[i];
    }
    return sums;
  }
}
