// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tune;

import java.nio.file.Path;

/**
 * What came of a tuning.
 *
 * @param out the model that was written; null where the run was stopped before its end
 * @param full whether all weights learned
 * @param parameters of the model
 * @param examples that were learned from
 * @param repeated examples that were left out, since a held-out one asks the same
 * @param contradictions prompts with several answers
 * @param steps done
 * @param trainNanos time of the training
 * @param score of the written model on the held-out examples; null where it was stopped
 */
public record TuneResult(
    Path out,
    boolean full,
    long parameters,
    int examples,
    int repeated,
    int contradictions,
    long steps,
    long trainNanos,
    Score score) {}
