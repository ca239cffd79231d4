// SPDX-License-Identifier: Apache-2.0
package io.jishi.bench.tune;

import de.bwaldvogel.liblinear.Feature;
import de.bwaldvogel.liblinear.Linear;
import de.bwaldvogel.liblinear.Model;
import de.bwaldvogel.liblinear.Parameter;
import de.bwaldvogel.liblinear.Problem;
import de.bwaldvogel.liblinear.SolverType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Logistic regression with L2 by liblinear; its strength is chosen by cross-validation. */
final class Logistic {
  private static final double[] STRENGTHS = {0.1, 1, 10, 100, 1000};
  private static final int FOLDS = 5;
  private static final double EPS = 0.01;

  private final List<String> labels = new ArrayList<>();
  private final Model model;

  /**
   * Learns.
   *
   * @param vectors by ascending index, from 1
   * @param wanted the label of each
   * @param size of the vectors
   */
  Logistic(List<Feature[]> vectors, List<String> wanted, int size) {
    Linear.disableDebugOutput();
    Problem problem = new Problem();
    problem.l = vectors.size();
    problem.n = size;
    problem.x = vectors.toArray(Feature[][]::new);
    problem.y = wanted.stream().mapToDouble(this::number).toArray();
    model = Linear.train(problem, parameter(best(problem)));
  }

  private double number(String label) {
    if (!labels.contains(label)) {
      labels.add(label);
    }
    return labels.indexOf(label);
  }

  private static double best(Problem problem) {
    double best = STRENGTHS[0];
    int most = -1;
    for (double strength : STRENGTHS) {
      double[] found = new double[problem.l];
      Linear.crossValidation(problem, parameter(strength), FOLDS, found);
      int right = 0;
      for (int i = 0; i < found.length; i++) {
        right += found[i] == problem.y[i] ? 1 : 0;
      }
      if (right > most) {
        most = right;
        best = strength;
      }
    }
    return best;
  }

  private static Parameter parameter(double strength) {
    Parameter parameter = new Parameter(SolverType.L2R_LR, strength, EPS);
    parameter.setRandom(new Random(1));
    return parameter;
  }

  /** The likeliest label. */
  String label(Feature[] vector) {
    return labels.get((int) Linear.predict(model, vector));
  }
}
