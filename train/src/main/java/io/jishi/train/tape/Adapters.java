// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.base.JishiException;
import io.jishi.tensor.Weight;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The adapters of a model by the names of their weights. One fits a tensor that a layer multiplies
 * by as it is stored, and is refused beside anything else: it would be wrong, or never learn.
 */
final class Adapters {
  private final Map<String, LowRank> byName;
  private final Parameters parameters;
  private final Set<String> used = new HashSet<>();

  Adapters(Map<String, LowRank> byName, Parameters parameters) {
    this.byName = Map.copyOf(byName);
    this.parameters = parameters;
  }

  /**
   * What stands beside a weight, or null.
   *
   * @throws JishiException.Unsupported where the weight is a part or a copy of a tensor
   */
  LowRank of(Weight weight) {
    LowRank adapter = byName.get(weight.name());
    if (adapter == null) {
      return null;
    }
    boolean fits = adapter.a().cols() == weight.cols() && adapter.b().rows() == weight.rows();
    if (parameters.derived(weight) || !fits) {
      throw refused(weight.name(), "the model does not multiply by that tensor as it is stored");
    }
    used.add(weight.name());
    return adapter;
  }

  /** Refuses an adapter beside a weight, if there is one. */
  void refuse(Weight weight, String why) {
    if (byName.containsKey(weight.name())) {
      throw refused(weight.name(), why);
    }
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
