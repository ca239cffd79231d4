// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Routing;
import java.util.Arrays;

/** Chooses the experts of one token. */
final class Router {
  private Routing routing;
  private float[] bias = new float[0];
  private float[] scores = new float[0];
  private float[] ranks = new float[0];
  private boolean[] open = new boolean[0];
  private float[] sums = new float[0];
  private boolean[] left = new boolean[0];

  /** The chosen ids, ascending. */
  int[] ids = new int[0];

  /** What each counts. */
  float[] weights = new float[0];

  void begin(Routing of) {
    routing = of;
    int n = of.experts();
    if (scores.length != n) {
      bias = new float[n];
      scores = new float[n];
      ranks = new float[n];
      open = new boolean[n];
    }
    if (sums.length != of.groups()) {
      sums = new float[of.groups()];
      left = new boolean[of.groups()];
    }
    if (ids.length != of.chosen()) {
      ids = new int[of.chosen()];
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
    openGroups();
    for (int k = 0; k < ids.length; k++) {
      ids[k] = best(ranks, open, 0, ranks.length);
      open[ids[k]] = false;
    }
    Arrays.sort(ids);
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

  /** Leaves open the experts of the best groups. */
  private void openGroups() {
    Arrays.fill(open, true);
    int groups = routing.groups();
    if (routing.openGroups() == groups) {
      return;
    }
    int size = ranks.length / groups;
    Arrays.fill(sums, 0);
    for (int g = 0; g < groups; g++) {
      for (int k = 0; k < routing.groupTop(); k++) {
        int e = best(ranks, open, g * size, (g + 1) * size);
        open[e] = false;
        sums[g] += ranks[e];
      }
    }
    Arrays.fill(left, true);
    Arrays.fill(open, false);
    for (int k = 0; k < routing.openGroups(); k++) {
      int g = best(sums, left, 0, groups);
      left[g] = false;
      Arrays.fill(open, g * size, (g + 1) * size, true);
    }
  }

  /** The highest that is allowed, the first of equals; NaNs lose. */
  private static int best(float[] values, boolean[] allowed, int from, int to) {
    int best = -1;
    for (int i = from; i < to; i++) {
      if (allowed[i] && (best < 0 || values[i] > values[best] || Float.isNaN(values[best]))) {
        best = i;
      }
    }
    return best;
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
