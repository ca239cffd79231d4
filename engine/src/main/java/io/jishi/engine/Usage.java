// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

/**
 * What one generation took.
 *
 * @param promptTokens tokens of the prompt, begin token included
 * @param cachedTokens how many of them were not computed again
 * @param generatedTokens tokens drawn, the end token included
 * @param queueNanos waiting for the engine, nanoseconds
 * @param prefillNanos from start to the first token's logits, nanoseconds
 * @param decodeNanos the rest, nanoseconds
 * @param guesses what was guessed of the answer; see {@link Speculation}
 * @param meanBatch mean number of sequences in the steps that it was part of, 0 where there was
 *     none
 */
public record Usage(
    int promptTokens,
    int cachedTokens,
    int generatedTokens,
    long queueNanos,
    long prefillNanos,
    long decodeNanos,
    Guesses guesses,
    double meanBatch) {

  /**
   * Guesses of tokens that were computed ahead.
   *
   * @param computed all of them
   * @param accepted those that came true: tokens that took no step of their own
   */
  public record Guesses(long computed, long accepted) {
    /** Without speculation. */
    public static final Guesses NONE = new Guesses(0, 0);

    /** The share that came true. */
    public double rate() {
      return computed == 0 ? 0 : (double) accepted / computed;
    }
  }

  /** From its arrival to its first token, nanoseconds. */
  public long firstTokenNanos() {
    return queueNanos + prefillNanos;
  }

  /** Mean time of a token after the first one, nanoseconds; 0 where there is none. */
  public long perTokenNanos() {
    return generatedTokens < 2 ? 0 : decodeNanos / (generatedTokens - 1);
  }

  /** The same of another number of tokens. */
  Usage withGenerated(int tokens) {
    return new Usage(
        promptTokens,
        cachedTokens,
        tokens,
        queueNanos,
        prefillNanos,
        decodeNanos,
        guesses,
        meanBatch);
  }

  /** What a generation without guesses took, alone. */
  public Usage(
      int promptTokens,
      int cachedTokens,
      int generatedTokens,
      long queueNanos,
      long prefillNanos,
      long decodeNanos) {
    this(
        promptTokens,
        cachedTokens,
        generatedTokens,
        queueNanos,
        prefillNanos,
        decodeNanos,
        Guesses.NONE,
        0);
  }
}
