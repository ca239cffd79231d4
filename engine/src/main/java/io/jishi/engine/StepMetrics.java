// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

/**
 * How one step of the model went.
 *
 * @param generating sequences of which it computed the last token drawn
 * @param prompts sequences of whose prompt it computed a part
 * @param tokens computed, guesses included
 * @param guesses tokens that were guessed and computed ahead
 * @param waiting sequences that were not part of it because they wait for their turn
 * @param nanos its time, drawing the tokens included, nanoseconds
 */
public record StepMetrics(
    int generating, int prompts, int tokens, int guesses, int waiting, long nanos) {}
