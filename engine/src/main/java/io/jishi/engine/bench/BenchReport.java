// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import java.util.List;
import java.util.Map;

/**
 * What was measured.
 *
 * @param model its name
 * @param threads processors in use
 * @param limits what the machine can do
 * @param runs in the order of measuring
 * @param profiles of each run, in the same order; empty where none were asked for
 */
public record BenchReport(
    String model, int threads, Limits limits, List<Run> runs, List<Profile> profiles) {

  /**
   * What the machine can do: the best that was seen in the same process, before, between and after
   * the runs.
   *
   * @param bytesPerSecond memory reads of all threads together, the best of several patterns
   * @param opsPerSecond multiplications and additions of the product loops in use, all threads
   * @param opsEstimated whether the second is only an estimate: plain Java cannot see the units
   * @param shownByRun whether a run was faster than what was measured, and so is the limit itself
   */
  public record Limits(
      double bytesPerSecond, double opsPerSecond, boolean opsEstimated, boolean shownByRun) {}

  /**
   * One kind of run.
   *
   * @param kind {@code prefill} or {@code decode}
   * @param tokens of one sequence
   * @param batch sequences side by side
   * @param median tokens per second of all sequences together
   * @param min of the repeats
   * @param max of the repeats
   * @param bytesPerSecond weights and cache that the median run has to read at least
   * @param opsPerSecond multiplications and additions of the median run
   * @param memoryBytesPerSecond what memory gave in samples between the steps of these runs
   * @param fractionOfLimit operations over their limit for a prefill; for the decode of one the
   *     bytes of each run over what memory gave in the middle of that run (or over themselves,
   *     where the run was faster); for batches the larger of both. The median of the repeats
   */
  public record Run(
      String kind,
      int tokens,
      int batch,
      double median,
      double min,
      double max,
      double bytesPerSecond,
      double opsPerSecond,
      double memoryBytesPerSecond,
      double fractionOfLimit) {}

  /** The report as plain values for JSON. */
  public Map<String, Object> toJson() {
    Map<String, Object> more = Map.of("limits", toJson(limits));
    Map<String, Object> json = Plain.report(model, threads, more, runs, BenchReport::toJson);
    if (!profiles.isEmpty()) {
      json.put("profile", profiles.stream().map(Profile::toJson).toList());
    }
    return json;
  }

  private static Map<String, Object> toJson(Limits limits) {
    return Plain.object(
        "bytesPerSecond", limits.bytesPerSecond,
        "opsPerSecond", limits.opsPerSecond,
        "opsEstimated", limits.opsEstimated,
        "shownByRun", limits.shownByRun);
  }

  private static Map<String, Object> toJson(Run run) {
    return Plain.object(
        "kind", run.kind,
        "tokens", run.tokens,
        "batch", run.batch,
        "tokensPerSecond", Plain.object("median", run.median, "min", run.min, "max", run.max),
        "bytesPerSecond", run.bytesPerSecond,
        "opsPerSecond", run.opsPerSecond,
        "memoryBytesPerSecond", run.memoryBytesPerSecond,
        "fractionOfLimit", run.fractionOfLimit);
  }
}
