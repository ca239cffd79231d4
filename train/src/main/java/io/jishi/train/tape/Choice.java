// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.base.JishiException;
import io.jishi.tensor.ExpertChoice;
import io.jishi.tensor.Routing;
import java.util.Arrays;

/**
 * The experts that one token takes, what each counts, and the gradient of that with respect to the
 * router's products. The choice itself, which is {@link ExpertChoice}'s, has none.
 */
final class Choice {
  private final Routing routing;
  private final float[] bias;
  private final double[] scores;
  private final float[] ranks;
  private final ExpertChoice choice = new ExpertChoice();
  private double sum;

  /** The chosen ids, ascending. */
  int[] ids;

  /** What each counts. */
  final float[] weights;

  Choice(Routing routing) {
    if (routing.normalise() && routing.scoring() == Routing.Scoring.SOFTMAX_CHOSEN) {
      throw new JishiException.Unsupported(
          "a softmax over chosen experts that is divided once more cannot be trained");
    }
    this.routing = routing;
    int n = routing.experts();
    bias = new float[n];
    scores = new double[n];
    ranks = new float[n];
    choice.begin(routing);
    ids = new int[routing.chosen()];
    weights = new float[routing.chosen()];
    if (routing.bias() != null) {
      routing.bias().vector(bias);
    }
  }

  /** Chooses by the router's products, from {@code at} on. */
  void choose(float[] products, int at) {
    score(products, at);
    for (int e = 0; e < scores.length; e++) {
      ranks[e] = (float) scores[e] + bias[e];
    }
    ids = choice.choose(ranks);
    weigh();
  }

  private void score(float[] products, int at) {
    for (int e = 0; e < scores.length; e++) {
      scores[e] = products[at + e];
      if (routing.scoring() == Routing.Scoring.SIGMOID) {
        scores[e] = Curve.sigmoid(scores[e]);
      }
    }
    if (routing.scoring() == Routing.Scoring.SOFTMAX) {
      softmax(scores);
    }
  }

  static void softmax(double[] x) {
    double max = Arrays.stream(x).max().orElse(0);
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      x[i] = Math.exp(x[i] - max);
      sum += x[i];
    }
    for (int i = 0; i < x.length; i++) {
      x[i] /= sum;
    }
  }

  private void weigh() {
    double[] chosen = new double[ids.length];
    for (int k = 0; k < ids.length; k++) {
      chosen[k] = scores[ids[k]];
    }
    if (routing.scoring() == Routing.Scoring.SOFTMAX_CHOSEN) {
      softmax(chosen);
    }
    sum = routing.normalise() ? Arrays.stream(chosen).sum() : 1;
    for (int k = 0; k < ids.length; k++) {
      weights[k] = (float) (chosen[k] / sum * routing.scale());
    }
  }

  /**
   * Adds to the gradient of the products that {@link #choose} saw last.
   *
   * @param dWeights of what the chosen count, from {@code from} on
   * @param dProducts receives, from {@code at} on
   */
  void backward(float[] dWeights, int from, float[] dProducts, int at) {
    double along = 0;
    for (int k = 0; k < ids.length; k++) {
      along += (double) dWeights[from + k] * weights[k];
    }
    double[] dScores = new double[scores.length];
    for (int k = 0; k < ids.length; k++) {
      // Of s / Σ s: (dw − Σ dw w) / Σ s; along is Σ dw w, scaled as dw is.
      double less = routing.normalise() ? along / routing.scale() : 0;
      dScores[ids[k]] = (dWeights[from + k] - less) * routing.scale() / sum;
    }
    switch (routing.scoring()) {
      case SIGMOID -> {
        for (int id : ids) {
          dProducts[at + id] += (float) (dScores[id] * scores[id] * (1 - scores[id]));
        }
      }
      case SOFTMAX -> softmaxBackward(dScores, dProducts, at);
      case SOFTMAX_CHOSEN -> {
        for (int k = 0; k < ids.length; k++) {
          double own = dWeights[from + k] - along / routing.scale();
          dProducts[at + ids[k]] += (float) (weights[k] * own);
        }
      }
    }
  }

  private void softmaxBackward(double[] dScores, float[] dProducts, int at) {
    double along = 0;
    for (int id : ids) {
      along += dScores[id] * scores[id];
    }
    for (int e = 0; e < scores.length; e++) {
      dProducts[at + e] += (float) (scores[e] * (dScores[e] - along));
    }
  }
}
