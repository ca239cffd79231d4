// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.ExpertChoice;
import io.jishi.tensor.Routing;
import java.util.Arrays;

/** Chooses the experts of one token. */
final class Router {
  private Routing routing;
  private float[] bias = new float[0];
  private float[] scores = new float[0];
  private float[] ranks = new float[0];
  private final ExpertChoice choice = new ExpertChoice();

  /** The chosen ids, ascending. */
  int[] ids = new int[0];

  /** What each counts. */
  float[] weights = new float[0];

  void begin(Routing of) {
    routing = of;
    choice.begin(of);
    int n = of.experts();
    if (scores.length != n) {
      bias = new float[n];
      scores = new float[n];
      ranks = new float[n];
    }
    if (weights.length != of.chosen()) {
      weights = new float[of.chosen()];
    }
    Arrays.fill(bias, 0);
    if (of.bias() != null) {
      of.bias().vector(bias);
    }
  }

  /** Chooses by the router's products. */
  void choose(float[] products) {
    score(products);
    for (int e = 0; e < scores.length; e++) {
      ranks[e] = scores[e] + bias[e];
    }
    ids = choice.choose(ranks);
    weigh();
  }

  private void score(float[] products) {
    for (int e = 0; e < scores.length; e++) {
      scores[e] =
          routing.scoring() == Routing.Scoring.SIGMOID ? Maths.sigmoid(products[e]) : products[e];
    }
    if (routing.scoring() == Routing.Scoring.SOFTMAX) {
      softmax(scores, scores.length);
    }
  }

  private static void softmax(float[] x, int n) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      max = Math.max(max, x[i]);
    }
    float sum = 0;
    for (int i = 0; i < n; i++) {
      x[i] = Maths.exp(x[i] - max);
      sum += x[i];
    }
    for (int i = 0; i < n; i++) {
      x[i] /= sum;
    }
  }

  private void weigh() {
    float sum = 0;
    for (int k = 0; k < ids.length; k++) {
      weights[k] = scores[ids[k]];
      sum += weights[k];
    }
    if (routing.scoring() == Routing.Scoring.SOFTMAX_CHOSEN) {
      softmax(weights, weights.length);
    }
    for (int k = 0; k < ids.length; k++) {
      weights[k] = (routing.normalise() ? weights[k] / sum : weights[k]) * routing.scale();
    }
  }
}
