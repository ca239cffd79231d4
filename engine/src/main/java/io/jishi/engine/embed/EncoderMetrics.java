// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

/**
 * What an embedder or a reranker has done since it was opened.
 *
 * @param answered calls that ended with a result
 * @param failed calls whose passes ended with an error
 * @param refused calls that were told that the queue is full
 * @param texts of all calls that ended
 * @param tokens of these texts
 * @param queueNanos that these calls waited for their turn, nanoseconds
 * @param nanos that their passes took, nanoseconds
 * @param waiting calls now
 */
public record EncoderMetrics(
    long answered,
    long failed,
    long refused,
    long texts,
    long tokens,
    long queueNanos,
    long nanos,
    int waiting) {}
