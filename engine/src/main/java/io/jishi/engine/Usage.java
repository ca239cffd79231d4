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
 */
public record Usage(
    int promptTokens,
    int cachedTokens,
    int generatedTokens,
    long queueNanos,
    long prefillNanos,
    long decodeNanos,
    Guesses guesses) {

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

  /** What a generation without guesses took. */
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
        Guesses.NONE);
  }
}
