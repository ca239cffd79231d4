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
 */
public record Usage(
    int promptTokens,
    int cachedTokens,
    int generatedTokens,
    long queueNanos,
    long prefillNanos,
    long decodeNanos) {}
