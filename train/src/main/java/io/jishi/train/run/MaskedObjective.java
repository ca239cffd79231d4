// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.train.data.Batch;
import io.jishi.train.data.TokenShards;
import io.jishi.train.loss.TokenLoss;
import io.jishi.train.tape.Examples;
import io.jishi.train.tape.Loss;
import io.jishi.train.tape.Trainer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Says what stood where tokens were masked (Devlin et al. 2018), as RoBERTa does it anew each time
 * (Liu et al. 2019): of the chosen tokens eight in ten become the mask, one any other token, one
 * stays. Logits are those of the model's own head for masked tokens, or where it has none products
 * with the embedding. What is chosen depends on the row, the step and the seed alone, so neither
 * the cut into parts nor a resumed run changes it.
 */
final class MaskedObjective implements Objective {
  /** Evaluations mask as no step does, and always alike. */
  private static final long NO_STEP = -1;

  private static final double MASKED = 0.8;
  private static final double OTHER = 0.9;

  private final Masking masking;
  private final List<TokenShards> heldOut;
  private final int length;
  private final int rows;
  private final long most;

  /**
   * What masks.
   *
   * @param token that stands for a masked one
   * @param vocabulary tokens from which others are drawn
   * @param share of the tokens that are chosen
   */
  record Masking(int token, int vocabulary, double share, long seed) {}

  /**
   * Masks.
   *
   * @param heldOut to evaluate on
   * @param length tokens of a row
   * @param rows computed at a time
   * @param most tokens to read in an evaluation
   */
  MaskedObjective(Masking masking, List<TokenShards> heldOut, int length, int rows, long most) {
    this.masking = masking;
    this.heldOut = heldOut;
    this.length = length;
    this.rows = rows;
    this.most = most;
  }

  @Override
  public Loss loss() {
    return TokenLoss.plain();
  }

  @Override
  public double count(Batch batch, long step) {
    return learned(examples(batch, step));
  }

  private static double learned(Examples examples) {
    return examples.targets("").total();
  }

  @Override
  public Examples examples(Batch batch, long step) {
    int[] tokens = batch.tokens().clone();
    int[] labels = new int[tokens.length];
    Arrays.fill(labels, Batch.IGNORE);
    for (int row = 0; row < batch.rows(); row++) {
      mask(batch, row * batch.length(), step, tokens, labels);
    }
    return Examples.of(tokens, batch.bounds(), labels);
  }

  /** Chooses at least one token of a row that has any to learn. */
  private void mask(Batch batch, int from, long step, int[] tokens, int[] labels) {
    int to = from + batch.length();
    int[] text = IntStream.range(from, to).filter(t -> batch.labels()[t] != Batch.IGNORE).toArray();
    if (text.length == 0) {
      return;
    }
    int row = Arrays.hashCode(Arrays.copyOfRange(batch.tokens(), from, to));
    SplittableRandom random =
        new SplittableRandom(masking.seed ^ 0x9E3779B97F4A7C15L * (step * 31 + row));
    int sure = text[random.nextInt(text.length)];
    for (int t : text) {
      boolean chosen = random.nextDouble() < masking.share || t == sure;
      double how = random.nextDouble();
      int other = random.nextInt(masking.vocabulary);
      if (chosen) {
        labels[t] = tokens[t];
        tokens[t] = how < MASKED ? masking.token : how < OTHER ? other : tokens[t];
      }
    }
  }

  @Override
  public Learner.Evaluation evaluate(Trainer trainer) {
    double nats = 0;
    long tokens = 0;
    for (TokenShards shards : heldOut) {
      long share = most / heldOut.size();
      var held = new TokenObjective.HeldOutRows(shards, length, rows, share);
      for (Batch batch = held.next(); batch != null; batch = held.next()) {
        Examples examples = examples(batch, NO_STEP);
        double learned = learned(examples);
        if (learned > 0) {
          nats += trainer.evaluate(examples) * learned;
          tokens += Math.round(learned);
        }
      }
    }
    return new Learner.Evaluation(nats, tokens, 0);
  }
}
