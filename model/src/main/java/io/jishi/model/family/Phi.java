// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.DecoderSpec.Head;
import io.jishi.model.ModelConfig;
import io.jishi.model.NormSpec;
import io.jishi.model.TensorRole;
import java.util.Map;

/** Phi 1 to 4 (Microsoft 2023 to 2024). */
final class Phi {
  private Phi() {}

  /** Phi 1 and 2: parallel parts after one layer norm, biases everywhere. */
  static DecoderSpec phi(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    NormSpec norm = NormSpec.layer(b.rms.eps());
    if (config.flag("qk_layernorm", false)) {
      throw b.unsupported("'qk_layernorm' is not supported for this family");
    }
    return b.norm(norm)
        .arrange(Arrange.parallel(norm))
        .mixer(b.attention().withBiases(true, true))
        .channel(Gpt.plain(b, b.size("intermediate_size"), "gelu_new", true))
        .head(new Head(config.tiedOutput(false), true, false, 1, 0))
        .names(
            Map.of(
                TensorRole.FINAL_NORM, "model.final_layernorm",
                TensorRole.ATTENTION_OUTPUT, "model.layers.%d.self_attn.dense",
                TensorRole.UP, "model.layers.%d.mlp.fc1",
                TensorRole.DOWN, "model.layers.%d.mlp.fc2"))
        .build();
  }

  /** Phi 3 and 4: Llama with packed projections, a window, long rope. */
  static DecoderSpec phi3(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    GroupedAttention a = b.attention();
    return b.mixer(a.withScores(a.scores().withWindow(b.window()))).build();
  }
}
