// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.Checkpoint;
import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.DecoderSpec.ScoreSpec;
import io.jishi.model.ModelConfig;
import io.jishi.model.TensorRole;
import io.jishi.tensor.Activation;
import io.jishi.tensor.Routing;
import java.util.List;
import java.util.Map;

/** gpt-oss (OpenAI 2025): sinks, windows in every second layer, clamped experts, biases. */
final class GptOss {
  /** The clamp that {@link Activation#CLAMPED_SWIGLU} has. */
  private static final double LIMIT = 7;

  private GptOss() {}

  static DecoderSpec gptOss(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    if (config.number("swiglu_limit").orElse(LIMIT) != LIMIT) {
      throw b.unsupported("a 'swiglu_limit' other than " + LIMIT + " is not supported");
    }
    List<String> kinds = config.texts("layer_types");
    GroupedAttention a = b.attention().withBiases(true, true);
    String experts = "model.layers.%d.mlp.experts.";
    return b.mixer(
            l -> {
              int window = kinds.isEmpty() ? (l % 2 == 0 ? b.window() : 0) : b.listedWindow(l);
              return a.withScores(new ScoreSpec(a.scores().scale(), window, 0, 0, true));
            })
        .channel(
            new Experts(b)
                .routing(Routing.Scoring.SOFTMAX_CHOSEN, false)
                .inner("intermediate_size")
                .activation(Activation.CLAMPED_SWIGLU)
                .biases()
                .mixture())
        .checkpoint(
            Checkpoint.named(
                    Map.of(
                        TensorRole.ROUTER, "model.layers.%d.mlp.router",
                        TensorRole.EXPERT_GATE_UP, experts + "gate_up_proj=",
                        TensorRole.EXPERT_DOWN, experts + "down_proj="))
                .withTransposed(TensorRole.EXPERT_GATE_UP, TensorRole.EXPERT_DOWN)
                .withInterleavedGate())
        .build();
  }
}
