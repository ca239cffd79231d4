// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.train.data.Batch;
import io.jishi.train.data.TokenShards;
import io.jishi.train.loss.PooledLoss;
import io.jishi.train.tape.Examples;
import io.jishi.train.tape.Loss;
import io.jishi.train.tape.States;
import io.jishi.train.tape.Targets;
import io.jishi.train.tape.Trainer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Says the class of a text, or a number: a linear head on a pooled state of the last layer. In
 * batches the place of a text's label in the list of all is the label of its last token.
 */
final class PooledObjective implements Objective {
  /** Name of the head, and of what it wants of a batch. */
  static final String HEAD = "head";

  private final List<String> labels;
  private final float[] numbers;
  private final PooledLoss.Pooling pooling;
  private final PooledLoss loss;
  private final List<TokenShards> heldOut;
  private final int length;
  private final int rows;
  private final long most;

  /**
   * A head.
   *
   * @param labels classes, or the different numbers
   * @param number whether they are numbers
   * @param heldOut to evaluate on
   * @param length tokens of a row
   * @param rows computed at a time
   * @param most tokens to read in an evaluation
   */
  PooledObjective(
      List<String> labels,
      boolean number,
      PooledLoss.Pooling pooling,
      List<TokenShards> heldOut,
      int length,
      int rows,
      long most) {
    this.labels = labels;
    this.pooling = pooling;
    this.heldOut = heldOut;
    this.length = length;
    this.rows = rows;
    this.most = most;
    numbers = number ? new float[labels.size()] : null;
    for (int i = 0; number && i < numbers.length; i++) {
      numbers[i] = Float.parseFloat(labels.get(i));
    }
    loss = new PooledLoss(HEAD, States.LAST, pooling, number ? 1 : labels.size());
  }

  @Override
  public Loss loss() {
    return loss;
  }

  @Override
  public double count(Batch batch, long step) {
    return batch.learned();
  }

  @Override
  public Examples examples(Batch batch, long step) {
    return new Examples(batch.tokens(), batch.bounds(), Map.of(HEAD, targets(batch.labels())));
  }

  private Targets targets(int[] places) {
    if (numbers == null) {
      return Targets.of(places);
    }
    float[] weights = new float[places.length];
    float[] values = new float[places.length];
    for (int t = 0; t < places.length; t++) {
      if (places[t] != Batch.IGNORE) {
        weights[t] = 1;
        values[t] = numbers[places[t]];
      }
    }
    return new Targets(null, weights, values);
  }

  @Override
  public Learner.Evaluation evaluate(Trainer trainer) {
    double nats = 0;
    long texts = 0;
    long right = 0;
    for (TokenShards shards : heldOut) {
      long share = most / heldOut.size();
      var held = new TokenObjective.HeldOutRows(shards, length, rows, share);
      for (Batch batch = held.next(); batch != null; batch = held.next()) {
        if (batch.learned() > 0) {
          nats += trainer.evaluate(examples(batch, 0)) * batch.learned();
          texts += batch.learned();
          right += loss.right();
        }
      }
    }
    return numbers == null
        ? new Learner.Evaluation(nats, texts, 0, (double) right / texts, "text")
        : new Learner.Evaluation(nats, texts, 0, Double.NaN, Learner.Evaluation.NUMBER);
  }

  @Override
  public Map<String, Object> head() {
    Map<String, Object> head = new LinkedHashMap<>();
    head.put("kind", numbers == null ? "classes" : "number");
    head.put("pooling", pooling.name().toLowerCase(Locale.ROOT));
    if (numbers == null) {
      head.put("classes", labels);
    }
    return head;
  }
}
