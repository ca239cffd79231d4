// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Routing;

/**
 * The load-balancing loss of one mixture (Fedus et al. 2021): {@code experts · Σ_e f_e · P_e}, f
 * the share of all choices that an expert got, P the mean of its probability over the tokens; 1
 * where all are alike. Probabilities are a softmax over all products, or scores divided by their
 * sum where scores are logistic (DeepSeek-V3, 2024). Only P has a gradient.
 */
final class Balance {
  private Balance() {}

  /** The share of all choices that each expert got, times the number of experts. */
  static double[] shares(int[] ids, int experts) {
    double[] shares = new double[experts];
    for (int id : ids) {
      shares[id] += (double) experts / ids.length;
    }
    return shares;
  }

  /** A token's part of the loss times the number of tokens; its gradient if that is asked for. */
  static double token(
      Routing routing, double[] shares, float[] products, int at, double factor, float[] gradient) {
    int n = shares.length;
    double[] p = new double[n];
    double sum = 1;
    for (int e = 0; e < n; e++) {
      p[e] = products[at + e];
    }
    boolean logistic = routing.scoring() == Routing.Scoring.SIGMOID;
    double[] scores = new double[n];
    if (logistic) {
      sum = 0;
      for (int e = 0; e < n; e++) {
        scores[e] = Curve.sigmoid(p[e]);
        sum += scores[e];
      }
      for (int e = 0; e < n; e++) {
        p[e] = scores[e] / sum;
      }
    } else {
      Choice.softmax(p);
    }
    double loss = 0;
    for (int e = 0; e < n; e++) {
      loss += shares[e] * p[e];
    }
    for (int e = 0; gradient != null && e < n; e++) {
      double slope = logistic ? scores[e] * (1 - scores[e]) / sum : p[e];
      gradient[at + e] += (float) (factor * slope * (shares[e] - loss));
    }
    return loss;
  }
}
