// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.loss;

import io.jishi.train.tape.Examples;
import io.jishi.train.tape.Loss;
import io.jishi.train.tape.Rows;
import io.jishi.train.tape.States;
import io.jishi.train.tape.Targets;

/**
 * A teacher's distribution in place of labels (Hinton et al. 2015): {@code T² · KL(softmax(teacher
 * / T) ‖ softmax(student / T))} at each place that counts.
 *
 * @param name of the targets in a batch; their weights alone count
 * @param temperature T
 * @param teacher gives its logits
 */
public record DistillationLoss(String name, double temperature, Teacher teacher) implements Loss {
  /** Who knows. */
  @FunctionalInterface
  public interface Teacher {
    /** Writes the logits {@code [vocabulary]} of a token of a batch; called by several threads. */
    void logits(Examples examples, int token, float[] out);
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
    int size = states.examples().tokens().length;
    int[] tokens =
        java.util.stream.IntStream.range(0, size).filter(t -> targets.weight(t) != 0).toArray();
    double[] losses = new double[tokens.length];
    int n = states.output().out();
    Vocabulary.run(
        states,
        tokens,
        states.learning(),
        (logits, first, count) ->
            Rows.each(
                states.machine(),
                count,
                (from, to, lane) -> {
                  lane.room(n, 0);
                  for (int r = from; r < to; r++) {
                    int token = tokens[first + r];
                    Rows.read(logits, (long) r * n, lane.a, n);
                    teacher.logits(states.examples(), token, lane.b);
                    double weight = targets.weight(token) / normaliser;
                    losses[first + r] = weight * row(lane.a, lane.b, n, temperature, weight);
                    Rows.write(lane.a, logits, (long) r * n, n);
                  }
                }));
    double sum = 0;
    for (double loss : losses) {
      sum += loss;
    }
    return sum;
  }

  /**
   * The loss of one row; {@code weight} times its gradient takes the place of the student's logits.
   */
  static double row(float[] student, float[] teacher, int n, double temperature, double weight) {
    double studentSum = logSum(student, n, temperature);
    double teacherSum = logSum(teacher, n, temperature);
    double loss = 0;
    for (int i = 0; i < n; i++) {
      double logQ = student[i] / temperature - studentSum;
      double logP = teacher[i] / temperature - teacherSum;
      double p = Math.exp(logP);
      loss += p * (logP - logQ);
      student[i] = (float) (weight * temperature * (Math.exp(logQ) - p));
    }
    return loss * temperature * temperature;
  }

  private static double logSum(float[] x, int n, double temperature) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      max = Math.max(max, x[i] / temperature);
    }
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += Math.exp(x[i] / temperature - max);
    }
    return max + Math.log(sum);
  }
}
