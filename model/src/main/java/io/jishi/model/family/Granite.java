// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.DecoderSpec.ScoreSpec;
import io.jishi.model.ModelConfig;
import io.jishi.model.TensorRole;
import io.jishi.tensor.Routing;
import java.util.List;
import java.util.Map;

/** Granite 3 and 4 (IBM 2024, 2025): multipliers everywhere; 4 has state spaces and experts. */
final class Granite {
  /** What the two dialects call a layer with a state space. */
  private static final List<String> RECURRENT = List.of("mamba", "linear_attention");

  private Granite() {}

  static DecoderSpec granite(ModelConfig config) {
    Blueprint b = scaled(new Blueprint(config));
    return b.mixer(attention(b)).build();
  }

  static DecoderSpec hybrid(ModelConfig config) {
    Blueprint b = scaled(new Blueprint(config));
    List<String> kinds = config.texts("layer_types");
    boolean rotated = config.text("position_embedding_type", "nope").equals("rope");
    GroupedAttention full = rotated ? attention(b) : attention(b).withRope(null);
    DecoderSpec.Mamba2 space = StateSpaces.mamba2(b, b.rms);
    int shared = b.size("shared_intermediate_size");
    String layer = "model.layers.%d.";
    b.mixer(l -> kinds.size() > l && RECURRENT.contains(kinds.get(l)) ? space : full);
    if (config.integer("num_experts").orElse(0) > 0) {
      b.channel(
          new Experts(b)
              .routing(Routing.Scoring.SOFTMAX_CHOSEN, false)
              .inner("intermediate_size")
              .shared(shared, false)
              .mixture());
    } else {
      b.channel(b.feedForward(shared, true));
    }
    boolean experts = config.integer("num_experts").orElse(0) > 0;
    return b.names(
            Map.of(
                TensorRole.ROUTER,
                layer + "block_sparse_moe.router.layer",
                TensorRole.EXPERT_GATE_UP,
                layer + "block_sparse_moe.input_linear.weight=",
                TensorRole.EXPERT_DOWN,
                layer + "block_sparse_moe.output_linear.weight=",
                experts ? TensorRole.SHARED_GATE_UP : TensorRole.GATE_UP,
                layer + "shared_mlp.input_linear",
                experts ? TensorRole.SHARED_DOWN : TensorRole.DOWN,
                layer + "shared_mlp.output_linear"))
        .build();
  }

  private static GroupedAttention attention(Blueprint b) {
    GroupedAttention a = b.attention();
    double scale = b.config.number("attention_multiplier").orElse(a.scores().scale());
    return a.withScores(ScoreSpec.scaled(scale));
  }

  private static Blueprint scaled(Blueprint b) {
    ModelConfig config = b.config;
    float residual = (float) config.number("residual_multiplier").orElse(1);
    return b.arrange(Arrange.before(b.rms, residual))
        .embeddingScale(config.number("embedding_multiplier").orElse(1))
        .logitScale(1 / config.number("logits_scaling").orElse(1));
  }
}
