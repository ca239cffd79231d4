// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.base.JishiException;
import io.jishi.tensor.Weight;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/** The adapters that stand beside weights, and which of them a decoder has asked for. */
final class Adapters {
  private final Map<String, LowRank> byName;
  private final Map<Weight, Part> parts = new IdentityHashMap<>();
  private final Parameters parameters;
  private final Set<String> used = new HashSet<>();

  private record Part(String name, LowRank adapter) {}

  Adapters(Map<String, LowRank> byName, Parameters parameters) {
    this.byName = Map.copyOf(byName);
    this.parameters = parameters;
    byName.forEach(
        (name, whole) ->
            whole.parts().forEach((weight, part) -> parts.put(weight, new Part(name, part))));
  }

  /**
   * What stands beside a weight, or null.
   *
   * @throws JishiException.Unsupported where the weight is a part or a copy of a tensor, and the
   *     adapter has no part for it
   */
  LowRank of(Weight weight) {
    Part part = parts.get(weight);
    if (part != null) {
      used.add(part.name);
      return part.adapter;
    }
    LowRank adapter = byName.get(weight.name());
    if (adapter == null) {
      return null;
    }
    boolean fits = adapter.a().cols() == weight.cols() && adapter.b().rows() == weight.rows();
    if (parameters.derived(weight) || !fits || !adapter.parts().isEmpty()) {
      throw refused(weight.name(), "the model does not multiply by that tensor as it is stored");
    }
    used.add(weight.name());
    return adapter;
  }

  /** Refuses adapters that no recorded operation reads, as beside an output matrix. */
  void requireAllUsed() {
    for (String name : byName.keySet()) {
      if (!used.contains(name)) {
        throw refused(name, "no layer multiplies by that tensor");
      }
    }
  }

  private static JishiException refused(String name, String why) {
    return new JishiException.Unsupported(
        "an adapter beside '"
            + name
            + "' cannot be trained: "
            + why
            + "; choose other matrices, such as those of the attention");
  }
}
