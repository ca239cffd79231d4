// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import java.util.List;
import java.util.Map;

/**
 * How an engine served many callers.
 *
 * @param model its name
 * @param threads processors in use
 * @param runs for each number of callers
 * @param prefix a beginning that came again, or null
 * @param replay of a trace, or null
 */
public record ServeReport(String model, int threads, List<Run> runs, Prefix prefix, Replay replay) {

  /**
   * Callers side by side, each with a prompt of its own.
   *
   * @param streams callers
   * @param tokensPerSecond of all together, in the steps in which all generate; the median run
   * @param firstTokenNanos mean time to the first token, of the median run
   * @param perTokenNanos mean time of a further token
   * @param worstRatio the slowest caller's time of a token over the mean
   */
  public record Run(
      int streams,
      double tokensPerSecond,
      double firstTokenNanos,
      double perTokenNanos,
      double worstRatio) {}

  /**
   * A beginning that came again.
   *
   * @param tokens of it
   * @param firstNanos time to the first token when it was new
   * @param againNanos when it was known, with other tokens behind it
   */
  public record Prefix(int tokens, double firstNanos, double againNanos) {}

  /**
   * A trace that was replayed.
   *
   * @param requests sent
   * @param failed that got an error
   * @param refused that were told that the engine is busy
   * @param seconds it took; pauses in which nothing was under way are left out
   * @param inTime share of requests whose first token came within 2 s and further ones within 200
   *     ms each
   * @param goodput of these, requests per second
   * @param tokensPerSecond generated
   * @param hitRate share of prompt tokens that came from the cache
   * @param meanBatch sequences in a step
   * @param preemptions sequences that had to wait again
   * @param firstToken time to the first token
   * @param perToken time of a further token
   * @param peakBlocks the most blocks of the cache in use, of {@code capacityBlocks}
   * @param capacityBlocks the most that can be
   */
  public record Replay(
      int requests,
      int failed,
      int refused,
      double seconds,
      double inTime,
      double goodput,
      double tokensPerSecond,
      double hitRate,
      double meanBatch,
      long preemptions,
      Quantiles firstToken,
      Quantiles perToken,
      int peakBlocks,
      int capacityBlocks) {}

  /** Of many times, nanoseconds. */
  public record Quantiles(double median, double p90, double p99) {}

  /** The report as plain values for JSON. */
  public Map<String, Object> toJson() {
    Map<String, Object> json = Plain.report(model, threads, Map.of(), runs, ServeReport::toJson);
    if (prefix != null) {
      json.put(
          "prefix",
          Plain.object(
              "tokens", prefix.tokens,
              "firstNanos", prefix.firstNanos,
              "againNanos", prefix.againNanos));
    }
    if (replay != null) {
      json.put("replay", toJson(replay));
    }
    return json;
  }

  private static Map<String, Object> toJson(Run run) {
    return Plain.object(
        "streams", run.streams,
        "tokensPerSecond", run.tokensPerSecond,
        "firstTokenNanos", run.firstTokenNanos,
        "perTokenNanos", run.perTokenNanos,
        "worstRatio", run.worstRatio);
  }

  private static Map<String, Object> toJson(Replay replay) {
    return Plain.object(
        "requests", replay.requests,
        "failed", replay.failed,
        "refused", replay.refused,
        "seconds", replay.seconds,
        "inTime", replay.inTime,
        "goodput", replay.goodput,
        "tokensPerSecond", replay.tokensPerSecond,
        "hitRate", replay.hitRate,
        "meanBatch", replay.meanBatch,
        "preemptions", replay.preemptions,
        "firstTokenNanos", toJson(replay.firstToken),
        "perTokenNanos", toJson(replay.perToken),
        "peakBlocks", replay.peakBlocks,
        "capacityBlocks", replay.capacityBlocks);
  }

  private static Map<String, Object> toJson(Quantiles quantiles) {
    return Plain.object("median", quantiles.median, "p90", quantiles.p90, "p99", quantiles.p99);
  }
}
