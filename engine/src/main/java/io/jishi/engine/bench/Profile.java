// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.tensor.Work;
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

  /** What does an operation's arithmetic. */
  public enum Code {
    /** Machine code that was emitted for this processor. */
    EMITTED,
    /** Plain Java. */
    JAVA,
    /** The one and the other. */
    BOTH,
    /** Nothing to compute: memory is copied, rows are looked up. */
    NONE;

    /** As people read it. */
    public String label() {
      return this == NONE ? "copy" : name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * One operation; products are told apart by their weights.
   *
   * @param name {@code attention}, {@code rmsNorm} …; {@code linear} and the weights' names
   * @param type how the weights are stored, empty where there are none
   * @param count calls
   * @param nanos of all calls
   * @param bytes of weights that the calls read at least, 0 where there are none
   * @param products multiplications and additions with weights, likewise
   * @param work its arithmetic by what did it
   */
  public record Operation(
      String name, String type, long count, long nanos, double bytes, double products, Work work) {
    /** What did the arithmetic. */
    public Code code() {
      if (work.emitted() + work.java() == 0) {
        return Code.NONE;
      }
      return work.java() == 0 ? Code.EMITTED : work.emitted() == 0 ? Code.JAVA : Code.BOTH;
    }

    /** The part of the arithmetic that plain Java did. */
    public double javaShare() {
      return work.java() / Math.max(1, work.emitted() + work.java());
    }

    /** Why plain Java did it, empty where it did nothing. */
    public String reason() {
      Code code = code();
      return code == Code.JAVA || code == Code.BOTH ? Reasons.of(name) : "";
    }

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

  /** The part of the time of operations whose arithmetic is that code's alone. */
  public double timeShare(Code code) {
    long sum = 0;
    for (Operation operation : operations) {
      sum += operation.code() == code && !operation.name.equals(OTHER) ? operation.nanos : 0;
    }
    return (double) sum / Math.max(1, nanos);
  }

  /** The part of all arithmetic that plain Java did. */
  public double javaShare() {
    Work all = Work.NONE;
    for (Operation operation : operations) {
      all = all.plus(operation.work);
    }
    return all.java() / Math.max(1, all.emitted() + all.java());
  }

  Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kind", kind);
    json.put("tokens", tokens);
    json.put("batch", batch);
    json.put("runs", runs);
    json.put("milliseconds", nanos / 1e6);
    json.put("javaShareOfWork", javaShare());
    Map<String, Object> time = new LinkedHashMap<>();
    for (Code code : Code.values()) {
      time.put(code.label(), timeShare(code));
    }
    json.put("shareOfTime", time);
    json.put("operations", operations.stream().map(this::toJson).toList());
    return json;
  }

  private Map<String, Object> toJson(Operation operation) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("operation", operation.name);
    json.put("count", operation.count);
    json.put("milliseconds", operation.nanos / 1e6);
    json.put("share", share(operation));
    if (!operation.name.equals(OTHER)) {
      json.put("code", operation.code().label());
    }
    if (!operation.reason().isEmpty()) {
      json.put("javaShareOfWork", operation.javaShare());
      json.put("reason", operation.reason());
    }
    if (operation.bytes > 0) {
      json.put("type", operation.type);
      json.put("bytesPerSecond", operation.bytesPerSecond());
      json.put("opsPerSecond", operation.opsPerSecond());
    }
    return json;
  }
}
