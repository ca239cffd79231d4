// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What reports have in common as plain values for JSON. */
final class Plain {
  private Plain() {}

  /**
   * An object.
   *
   * @param pairs names and values in turn; a value that is null is left out with its name
   */
  static Map<String, Object> object(Object... pairs) {
    Map<String, Object> json = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i + 1] != null) {
        json.put((String) pairs[i], pairs[i + 1]);
      }
    }
    return json;
  }

  /**
   * A report of runs of a model.
   *
   * @param more what else it says, before the runs
   */
  static <R> Map<String, Object> report(
      String model,
      int threads,
      Map<String, Object> more,
      List<R> runs,
      Function<R, Map<String, Object>> run) {
    Map<String, Object> json = object("model", model, "threads", threads);
    json.putAll(more);
    json.put("runs", runs.stream().map(run).toList());
    return json;
  }
}
