// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import java.util.List;
import java.util.Map;

/**
 * What speculation gained.
 *
 * @param model its name
 * @param threads processors in use
 * @param how what guessed
 * @param runs for each kind of text and number of callers
 */
public record SpeculateReport(String model, int threads, String how, List<Run> runs) {

  /**
   * One text with and without guesses.
   *
   * @param text of which kind
   * @param callers side by side
   * @param without tokens per second of all together, behind the first token; the median run
   * @param with the same with guesses
   * @param guessed tokens that were computed ahead, in all runs
   * @param accepted those that came true
   * @param same whether each answer was the same with guesses and without, as it must be
   */
  public record Run(
      String text,
      int callers,
      double without,
      double with,
      long guessed,
      long accepted,
      boolean same) {}

  /** The report as plain values for JSON. */
  public Map<String, Object> toJson() {
    return Plain.report(model, threads, Map.of("speculation", how), runs, SpeculateReport::toJson);
  }

  private static Map<String, Object> toJson(Run run) {
    return Plain.object(
        "text", run.text,
        "callers", run.callers,
        "tokensPerSecondWithout", run.without,
        "tokensPerSecondWith", run.with,
        "guessed", run.guessed,
        "accepted", run.accepted,
        "sameAnswers", run.same);
  }
}
