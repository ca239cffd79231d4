// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

/**
 * How one call of an embedder or a reranker went.
 *
 * @param texts of it: inputs, or documents
 * @param tokens of all of them, the framing ones included
 * @param queueNanos it waited for its turn, nanoseconds
 * @param nanos its passes took, nanoseconds
 * @param failed whether it ended with an error
 */
public record CallMetrics(int texts, int tokens, long queueNanos, long nanos, boolean failed) {}
