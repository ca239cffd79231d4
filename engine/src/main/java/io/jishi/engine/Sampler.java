// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Draws tokens from logits; see {@link Sampling} for the order. For one sequence and one thread.
 */
final class Sampler {
  private final Sampling sampling;
  private final SplittableRandom random;
  private float[] probabilities = new float[0];
  private long[] ranked = new long[0];

  Sampler(Sampling sampling) {
    this.sampling = sampling;
    this.random =
        sampling.seed() == null ? new SplittableRandom() : new SplittableRandom(sampling.seed());
  }

  /**
   * Draws one token.
   *
   * @param logits of every token id; not changed
   * @throws JishiException.BadFile where no logit is a number: the weights are damaged
   */
  int draw(float[] logits) {
    int best = best(logits);
    if (sampling.temperature() == 0) {
      return best;
    }
    double total = softmax(logits, logits[best]);
    boolean all = sampling.topK() == 0 && sampling.topP() == 1 && sampling.minP() == 0;
    return all ? drawFromAll(total) : drawFromRanked(total, best);
  }

  private static int best(float[] logits) {
    int best = -1;
    for (int v = 0; v < logits.length; v++) {
      if (logits[v] > (best < 0 ? Float.NEGATIVE_INFINITY : logits[best])) {
        best = v;
      }
    }
    if (best < 0 || logits[best] == Float.POSITIVE_INFINITY) {
      throw new JishiException.BadFile(
          "the model's logits are not finite: its weights are damaged or of a wrong type");
    }
    return best;
  }

  /** Unnormalised probabilities, the largest 1; a logit that is not a number gets none. */
  private double softmax(float[] logits, float max) {
    if (probabilities.length != logits.length) {
      probabilities = new float[logits.length];
    }
    double total = 0;
    for (int v = 0; v < logits.length; v++) {
      float p = (float) Math.exp((logits[v] - max) / sampling.temperature());
      probabilities[v] = p == p ? p : 0;
      total += probabilities[v];
    }
    return total;
  }

  private int drawFromAll(double total) {
    double left = random.nextDouble() * total;
    int last = 0;
    for (int v = 0; v < probabilities.length; v++) {
      if (probabilities[v] > 0) {
        last = v;
        left -= probabilities[v];
        if (left < 0) {
          return v;
        }
      }
    }
    return last;
  }

  private int drawFromRanked(double total, int best) {
    int kept = rank(sampling.minP() * probabilities[best]);
    if (sampling.topK() > 0) {
      kept = Math.min(kept, sampling.topK());
    }
    // Top-p counts what top-k has left; min-p drops the tail of what remains.
    double mass = sampling.topK() > 0 ? mass(kept) : total;
    double wanted = sampling.topP() * mass;
    double sum = 0;
    int end = 0;
    while (end < kept && sum < wanted) {
      sum += probability(end++);
    }
    double left = random.nextDouble() * sum;
    for (int i = 0; i < end; i++) {
      left -= probability(i);
      if (left < 0) {
        return token(i);
      }
    }
    return token(end - 1);
  }

  /** Orders the tokens of at least {@code least} by falling probability, equals by rising id. */
  private int rank(double least) {
    if (ranked.length != probabilities.length) {
      ranked = new long[probabilities.length];
    }
    int count = 0;
    for (int v = 0; v < probabilities.length; v++) {
      if (probabilities[v] > 0 && probabilities[v] >= least) {
        // Positive floats order as their bits do; negated, the largest comes first.
        ranked[count++] = (long) -Float.floatToRawIntBits(probabilities[v]) << 32 | v;
      }
    }
    Arrays.sort(ranked, 0, count);
    return count;
  }

  private double mass(int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += probability(i);
    }
    return sum;
  }

  private int token(int rank) {
    return (int) ranked[rank];
  }

  private float probability(int rank) {
    return probabilities[token(rank)];
  }
}
