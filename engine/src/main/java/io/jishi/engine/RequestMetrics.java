// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

/**
 * How one request went.
 *
 * @param usage what it took
 * @param finish why it ended, or null where it failed
 * @param steps steps of the model that it was part of
 * @param sharedSteps the sum over these of the sequences in them: {@code sharedSteps / steps} is
 *     the mean size of its batches
 */
public record RequestMetrics(Usage usage, Answer.Finish finish, long steps, long sharedSteps) {

  /** From its arrival to its first token, nanoseconds. */
  public long firstTokenNanos() {
    return usage.firstTokenNanos();
  }

  /** Mean time of a token after the first one, nanoseconds; 0 where there is none. */
  public long perTokenNanos() {
    return usage.perTokenNanos();
  }

  /** Mean number of sequences in its steps. */
  public double meanBatch() {
    return usage.meanBatch();
  }
}
