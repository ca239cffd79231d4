// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How likely a token was, by the model alone: before bias, penalties, temperature and constraints.
 *
 * @param token its id
 * @param logprob the natural logarithm of its probability
 * @param top the most likely tokens of its place, falling
 */
public record TokenLogprob(int token, float logprob, List<Choice> top) {

  /** A token that could have come. */
  public record Choice(int token, float logprob) {}

  /**
   * Of the logits of a place.
   *
   * @param most how many of the most likely tokens are wanted
   */
  static TokenLogprob of(float[] logits, int token, int most) {
    double log = logSum(logits);
    List<Choice> top = choices(logits, log, null, most);
    return new TokenLogprob(token, (float) (logits[token] - log), List.copyOf(top));
  }

  /**
   * The likeliest tokens of a place, falling, by the probabilities that they have among all.
   *
   * @param allowed bit {@code t % 64} of word {@code t / 64} says whether token t counts; null
   *     where all do
   * @param most how many
   */
  static List<Choice> best(float[] logits, long[] allowed, int most) {
    return choices(logits, logSum(logits), allowed, most);
  }

  private static double logSum(float[] logits) {
    double sum = 0;
    float max = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    return max + Math.log(sum);
  }

  private static List<Choice> choices(float[] logits, double log, long[] allowed, int most) {
    List<Choice> top = new ArrayList<>(most);
    for (int v : largest(logits, allowed, most)) {
      top.add(new Choice(v, (float) (logits[v] - log)));
    }
    return top;
  }

  /** Ids of the largest logits, falling; of equals the lowest ids. */
  private static int[] largest(float[] logits, long[] allowed, int most) {
    int[] best = new int[Math.min(most, logits.length)];
    int count = 0;
    for (int v = 0; v < logits.length; v++) {
      if (count == best.length && (count == 0 || logits[v] <= logits[best[count - 1]])) {
        continue;
      }
      if (allowed != null && (v >> 6 >= allowed.length || (allowed[v >> 6] >> v & 1) == 0)) {
        continue;
      }
      int at = count == best.length ? count - 1 : count++;
      for (; at > 0 && logits[v] > logits[best[at - 1]]; at--) {
        best[at] = best[at - 1];
      }
      best[at] = v;
    }
    return Arrays.copyOf(best, count);
  }
}
