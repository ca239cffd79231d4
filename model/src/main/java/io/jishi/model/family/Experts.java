// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec.FeedForward;
import io.jishi.model.DecoderSpec.Mixture;
import io.jishi.tensor.Activation;
import io.jishi.tensor.Routing;

/** A mixture in the making; sizes come from the configuration. */
final class Experts {
  private static final int MOST = 1 << 16;

  private final Blueprint b;
  private Routing.Scoring scoring = Routing.Scoring.SOFTMAX;
  private boolean normalise;
  private boolean choiceBias;
  private boolean routerBias;
  private int groups = 1;
  private int openGroups = 1;
  private int groupTop = 1;
  private double scale = 1;
  private String inner = "moe_intermediate_size";
  private int sharedInner;
  private boolean sharedGate;
  private boolean bias;
  private Activation activation;

  Experts(Blueprint b) {
    this.b = b;
    activation = b.activation("silu");
  }

  Experts routing(Routing.Scoring how, boolean normalised) {
    scoring = how;
    normalise = normalised;
    return this;
  }

  Experts choiceBias() {
    choiceBias = true;
    return this;
  }

  /** Biases everywhere but on the choice. */
  Experts biases() {
    routerBias = true;
    bias = true;
    return this;
  }

  Experts activation(Activation other) {
    activation = other;
    return this;
  }

  /** The key that names the width of an expert. */
  Experts inner(String key) {
    inner = key;
    return this;
  }

  Experts scale(double factor) {
    scale = factor;
    return this;
  }

  /** The best configured groups, by their {@code top} experts. */
  Experts groups(int top) {
    groups = Math.max(1, b.size("n_group", 1, MOST));
    openGroups = Math.max(1, b.size("topk_group", 1, MOST));
    groupTop = groups == 1 ? 1 : top;
    return this;
  }

  /** As many shared experts as configured, as one layer. */
  Experts shared() {
    return shared(b.size("n_shared_experts", 0, MOST) * b.size(inner), false);
  }

  Experts shared(int size, boolean gated) {
    sharedInner = size;
    sharedGate = gated;
    return this;
  }

  Mixture mixture() {
    FeedForward expert = new FeedForward(b.size(inner), true, activation, bias, 1);
    return new Mixture(
        routing(),
        choiceBias,
        routerBias,
        expert,
        sharedInner == 0 ? null : expert.withInner(sharedInner),
        sharedGate);
  }

  private Routing routing() {
    int experts = b.size("num_experts", 0, MOST);
    int chosen = b.size("num_experts_per_tok", 0, MOST);
    try {
      return new Routing(
          experts, chosen, scoring, null, groups, openGroups, groupTop, normalise, (float) scale);
    } catch (IllegalArgumentException e) {
      throw b.bad("such a choice of experts cannot be: " + e.getMessage());
    }
  }
}
