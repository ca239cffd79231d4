// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import java.util.List;

/**
 * Documents by their scores.
 *
 * @param results the most relevant first; equal ones in the order of the documents
 * @param tokens of all pairs, the framing ones included
 */
public record Ranking(List<Scored> results, int tokens) {
  /** Copies the list. */
  public Ranking {
    results = List.copyOf(results);
  }

  /**
   * One document.
   *
   * @param index which one, from 0
   * @param score from 0 to 1: the logistic function of the logit
   * @param logit what the model gives: a cross-encoder's output, or the logit of "yes" less that of
   *     "no"
   */
  public record Scored(int index, double score, double logit) {}
}
