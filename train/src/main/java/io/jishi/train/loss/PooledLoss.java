// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.loss;

import io.jishi.base.JishiException;
import io.jishi.model.DecoderSpec;
import io.jishi.train.tape.Examples;
import io.jishi.train.tape.Loss;
import io.jishi.train.tape.Parameters;
import io.jishi.train.tape.Rows;
import io.jishi.train.tape.States;
import io.jishi.train.tape.Targets;
import io.jishi.train.tape.Trainable;
import java.lang.foreign.MemorySegment;
import java.util.Set;

/**
 * A head on states of one layer: classes by cross-entropy or one number by half the squared error,
 * of whole spans (the state of the first or last token, or the mean of all) or, as a value head, of
 * each token.
 *
 * <p>What is wanted of a span stands at its last token: a label for classes, a value for a number.
 * Of tokens it stands at each, with a weight of 0 where none is wanted.
 */
public final class PooledLoss implements Loss {
  /** Whose state it is. */
  public enum Pooling {
    /** The span's first token, which has seen all others where attention goes both ways. */
    FIRST,
    /** The span's last token, which has seen all others. */
    LAST,
    /** The mean of the span. */
    MEAN,
    /** Each token for itself. */
    TOKEN
  }

  private final String name;
  private final int layer;
  private final Pooling pooling;
  private final int classes;
  private Trainable weight;
  private Trainable bias;
  private int right;

  /**
   * A head, zero at the start.
   *
   * @param name of the targets in a batch; the head's matrices are {@code name.weight} and {@code
   *     name.bias}
   * @param layer whose states, or {@link States#LAST}
   * @param classes how many; 1 for a number
   */
  public PooledLoss(String name, int layer, Pooling pooling, int classes) {
    if (classes < 1) {
      throw new JishiException.BadRequest("classes", "there must be 1 at least: " + classes);
    }
    this.name = name;
    this.layer = layer;
    this.pooling = pooling;
    this.classes = classes;
  }

  @Override
  public Set<Integer> layers() {
    return Set.of(layer);
  }

  @Override
  public void declare(DecoderSpec spec, Parameters parameters) {
    weight = parameters.add(name + ".weight", classes, spec.width());
    bias = parameters.add(name + ".bias", 1, classes);
  }

  @Override
  public double total(Examples examples) {
    Targets targets = examples.targets(name);
    if (pooling == Pooling.TOKEN) {
      return targets.total();
    }
    double sum = 0;
    for (int s = 0; s < examples.spans(); s++) {
      sum += targets.weight(examples.bounds()[s + 1] - 1);
    }
    return sum;
  }

  /** How many of the last batch's classes the head held for the likeliest. */
  public int right() {
    return right;
  }

  @Override
  public double run(States states, double normaliser) {
    right = 0;
    Examples examples = states.examples();
    double sum = 0;
    for (int s = 0; s < examples.spans(); s++) {
      int from = examples.bounds()[s];
      int to = examples.bounds()[s + 1];
      switch (pooling) {
        case FIRST -> sum += one(states, from, from + 1, to - 1, normaliser);
        case LAST -> sum += one(states, to - 1, to, to - 1, normaliser);
        case MEAN -> sum += one(states, from, to, to - 1, normaliser);
        case TOKEN -> {
          for (int t = from; t < to; t++) {
            sum += one(states, t, t + 1, t, normaliser);
          }
        }
      }
    }
    return sum / normaliser;
  }

  /** The mean of some tokens' states against the target of one. */
  private double one(States states, int from, int to, int target, double normaliser) {
    Targets targets = states.examples().targets(name);
    double weightOf = targets.weight(target);
    if (weightOf == 0) {
      return 0;
    }
    int width = weight.cols();
    float[] mean = new float[width];
    float[] row = new float[width];
    for (int t = from; t < to; t++) {
      states.hidden(layer).read(t, 0, row, 0, width);
      for (int i = 0; i < width; i++) {
        mean[i] += row[i] / (to - from);
      }
    }
    Head head = new Head(weight, bias);
    double[] y = head.forward(mean);
    double loss = classes == 1 ? number(y, targets, target) : label(y, targets, target);
    if (states.learning()) {
      for (int o = 0; o < y.length; o++) {
        y[o] *= weightOf / normaliser;
      }
      spread(states.gradient(layer), head.backward(mean, y), from, to);
    }
    return weightOf * loss;
  }

  private static double number(double[] y, Targets targets, int target) {
    if (targets.values() == null) {
      throw new JishiException.BadRequest("targets", "this loss needs values");
    }
    y[0] -= targets.values()[target];
    return y[0] * y[0] / 2;
  }

  /** Cross-entropy; its gradient takes the place of y. */
  private double label(double[] y, Targets targets, int target) {
    int label = targets.labels() == null ? -1 : targets.labels()[target];
    if (label < 0 || label >= classes) {
      throw new JishiException.BadRequest(
          "targets", "class " + label + " of token " + target + " is none of " + classes);
    }
    double max = java.util.Arrays.stream(y).max().orElseThrow();
    right += y[label] == max ? 1 : 0;
    double sum = 0;
    for (double v : y) {
      sum += Math.exp(v - max);
    }
    double logSum = max + Math.log(sum);
    double loss = logSum - y[label];
    for (int o = 0; o < y.length; o++) {
      y[o] = Math.exp(y[o] - logSum) - (o == label ? 1 : 0);
    }
    return loss;
  }

  private static void spread(MemorySegment gradient, float[] dMean, int from, int to) {
    if (gradient == null) {
      return;
    }
    float[] row = new float[dMean.length];
    for (int t = from; t < to; t++) {
      Rows.read(gradient, (long) t * row.length, row, row.length);
      for (int i = 0; i < row.length; i++) {
        row[i] += dMean[i] / (to - from);
      }
      Rows.write(row, gradient, (long) t * row.length, row.length);
    }
  }
}
