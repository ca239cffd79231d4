// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was measured.
 *
 * @param model its name
 * @param threads processors in use
 * @param limits what the machine can do
 * @param runs in the order of measuring
 */
public record BenchReport(String model, int threads, Limits limits, List<Run> runs) {

  /**
   * What the machine can do, measured in the same process.
   *
   * @param bytesPerSecond memory reads of all threads together, the best of several patterns
   * @param opsPerSecond multiplications and additions of the product loops in use, all threads
   * @param opsEstimated whether the second is only an estimate: plain Java cannot see the units
   */
  public record Limits(double bytesPerSecond, double opsPerSecond, boolean opsEstimated) {}

  /**
   * One kind of run.
   *
   * @param kind {@code prefill} or {@code decode}
   * @param tokens of one sequence
   * @param batch sequences side by side
   * @param median tokens per second of all sequences together
   * @param min of the repeats
   * @param max of the repeats
   * @param fractionOfLimit of the median: operations over their limit for a prefill, bytes over
   *     theirs for the decode of one, the larger of both for batches
   */
  public record Run(
      String kind,
      int tokens,
      int batch,
      double median,
      double min,
      double max,
      double fractionOfLimit) {}

  /** The report as plain values for JSON. */
  public Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", model);
    json.put("threads", threads);
    Map<String, Object> limit = new LinkedHashMap<>();
    limit.put("bytesPerSecond", limits.bytesPerSecond);
    limit.put("opsPerSecond", limits.opsPerSecond);
    limit.put("opsEstimated", limits.opsEstimated);
    json.put("limits", limit);
    List<Object> list = new ArrayList<>();
    for (Run run : runs) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("kind", run.kind);
      entry.put("tokens", run.tokens);
      entry.put("batch", run.batch);
      Map<String, Object> rate = new LinkedHashMap<>();
      rate.put("median", run.median);
      rate.put("min", run.min);
      rate.put("max", run.max);
      entry.put("tokensPerSecond", rate);
      entry.put("fractionOfLimit", run.fractionOfLimit);
      list.add(entry);
    }
    json.put("runs", list);
    return json;
  }
}
