// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.optim;

/**
 * A recipe's numbers from one dial, the size of the model, by published laws.
 *
 * @param tokens to see in all: 20 a parameter (Hoffmann et al. 2022)
 * @param batchTokens of a step: {@code 0.58 · D^0.571} (Step Law, Li et al. 2025)
 * @param learningRate the highest: {@code 1.79 · N^-0.713 · D^0.307} (Step Law), N without
 *     embeddings, at most 0.01
 * @param steps {@code tokens / batchTokens}
 * @param schedule a warm-up of at most 2 %, a decay over the last 10 % (MiniCPM: 10 % suffices)
 */
public record Defaults(
    long tokens, long batchTokens, double learningRate, long steps, Schedule schedule) {
  /** Tokens a parameter that use a given compute best (Hoffmann et al. 2022). */
  public static final int TOKENS_PER_PARAMETER = 20;

  private static final double HIGHEST_RATE = 1e-2;
  private static final long LONGEST_WARMUP = 1000;

  /**
   * The numbers for a model.
   *
   * @param parameters all of them
   * @param bodyParameters those that are not in embedding and output tables
   */
  public static Defaults of(long parameters, long bodyParameters) {
    return of(bodyParameters, TOKENS_PER_PARAMETER * (double) parameters);
  }

  /** The numbers for a model and a given number of tokens. */
  public static Defaults of(long bodyParameters, double tokens) {
    long batch = Math.max(1, Math.round(0.58 * Math.pow(tokens, 0.571)));
    double law = 1.79 * Math.pow(bodyParameters, -0.713) * Math.pow(tokens, 0.307);
    long steps = Math.max(1, Math.round(tokens / batch));
    long warmup = Math.max(1, Math.min(LONGEST_WARMUP, steps / 50));
    Schedule schedule = new Schedule.WarmupStableDecay(warmup, Math.max(1, steps / 10), steps, 0);
    return new Defaults(Math.round(tokens), batch, Math.min(HIGHEST_RATE, law), steps, schedule);
  }
}
