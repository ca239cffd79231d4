// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

/**
 * What an engine has done since it was opened, and what it holds now.
 *
 * @param answered requests that ended with an answer, cancelled ones included
 * @param failed requests that ended with an error
 * @param refused requests that were told that the engine is busy
 * @param promptTokens of all requests that have started
 * @param cachedTokens of them that were found in the cache
 * @param generatedTokens drawn
 * @param queueNanos sum over all ended requests, nanoseconds
 * @param firstTokenNanos the same, from arrival to the first token
 * @param decodeNanos the same, from the first token to the end
 * @param furtherTokens of them: those behind each request's first
 * @param steps of the model
 * @param stepTokens tokens that these computed
 * @param stepSequences sum over the steps of the sequences in them
 * @param preemptions how often a sequence had to give its memory to another and wait again
 * @param evictions blocks of cached prefixes that had to go
 * @param guesses of tokens that were computed ahead, of all ended requests
 * @param running sequences now
 * @param waiting sequences now
 * @param cachedBlocks blocks of 64 tokens that can be found again now
 * @param usedBlocks blocks in use now, cached ones included
 * @param capacityBlocks the most blocks that can be in use
 */
public record EngineMetrics(
    long answered,
    long failed,
    long refused,
    long promptTokens,
    long cachedTokens,
    long generatedTokens,
    long queueNanos,
    long firstTokenNanos,
    long decodeNanos,
    long furtherTokens,
    long steps,
    long stepTokens,
    long stepSequences,
    long preemptions,
    long evictions,
    Usage.Guesses guesses,
    int running,
    int waiting,
    int cachedBlocks,
    int usedBlocks,
    int capacityBlocks) {

  /** The share of prompt tokens that did not have to be computed. */
  public double hitRate() {
    return promptTokens == 0 ? 0 : (double) cachedTokens / promptTokens;
  }

  /** Mean time that an ended request waited for its first step, nanoseconds. */
  public long meanQueueNanos() {
    return mean(queueNanos, answered + failed);
  }

  /** Mean time from the arrival of an ended request to its first token, nanoseconds. */
  public long meanFirstTokenNanos() {
    return mean(firstTokenNanos, answered + failed);
  }

  /** Mean time of a token after a request's first one, nanoseconds. */
  public long meanPerTokenNanos() {
    return mean(decodeNanos, furtherTokens);
  }

  private static long mean(long sum, long count) {
    return count == 0 ? 0 : sum / count;
  }

  /** Mean number of sequences in a step. */
  public double meanBatch() {
    return steps == 0 ? 0 : (double) stepSequences / steps;
  }
}
