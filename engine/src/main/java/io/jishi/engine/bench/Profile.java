// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the time of one kind of run goes, operation by operation of the waist. Taken in runs of
 * their own: watching costs time.
 *
 * @param kind {@code prefill} or {@code decode}
 * @param tokens of one sequence
 * @param batch sequences side by side
 * @param runs that were watched
 * @param nanos of these runs together
 * @param operations the longest first; what no operation took, last
 */
public record Profile(
    String kind, int tokens, int batch, int runs, long nanos, List<Operation> operations) {
  /** The name of what no operation took. */
  public static final String OTHER = "other";

  /**
   * One operation; products are told apart by their weights.
   *
   * @param name {@code attention}, {@code rmsNorm} …; {@code linear} and the weights' names
   * @param type how the weights are stored, empty where there are none
   * @param count calls
   * @param nanos of all calls
   * @param bytes of weights that the calls read at least, 0 where there are none
   * @param products multiplications and additions with weights, likewise
   */
  public record Operation(
      String name, String type, long count, long nanos, double bytes, double products) {

    /** Bytes of weights per second. */
    public double bytesPerSecond() {
      return bytes * 1e9 / Math.max(1, nanos);
    }

    /** Multiplications and additions per second. */
    public double opsPerSecond() {
      return products * 1e9 / Math.max(1, nanos);
    }
  }

  /** The part of the time that an operation took. */
  public double share(Operation operation) {
    return (double) operation.nanos / Math.max(1, nanos);
  }

  Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kind", kind);
    json.put("tokens", tokens);
    json.put("batch", batch);
    json.put("runs", runs);
    json.put("milliseconds", nanos / 1e6);
    json.put("operations", operations.stream().map(this::toJson).toList());
    return json;
  }

  private Map<String, Object> toJson(Operation operation) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("operation", operation.name);
    json.put("count", operation.count);
    json.put("milliseconds", operation.nanos / 1e6);
    json.put("share", share(operation));
    if (operation.bytes > 0) {
      json.put("type", operation.type);
      json.put("bytesPerSecond", operation.bytesPerSecond());
      json.put("opsPerSecond", operation.opsPerSecond());
    }
    return json;
  }
}
