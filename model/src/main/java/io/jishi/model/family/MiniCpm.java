// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec;
import io.jishi.model.ModelConfig;
import io.jishi.model.RopeSpec;
import io.jishi.tensor.Rope;

/** MiniCPM 1 to 4 (Hu et al. 2024): Llama with multipliers; 3 has latent attention. */
final class MiniCpm {
  private MiniCpm() {}

  static DecoderSpec miniCpm(ModelConfig config) {
    return scaled(new Blueprint(config)).build();
  }

  static DecoderSpec miniCpm3(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    int rotary = b.size("qk_rope_head_dim");
    RopeSpec rope =
        b.rope(
            Rope.Style.HALVES,
            rotary,
            config.ropeBase("full_attention", 10_000),
            config.ropeScaling("full_attention"));
    int valueDim = config.integer("v_head_dim").orElse(b.width / b.heads());
    return scaled(b).mixer(DeepSeek.latent(b, rope, valueDim, 1)).build();
  }

  /** Embeddings, residuals and logits are multiplied (μP). */
  private static Blueprint scaled(Blueprint b) {
    ModelConfig config = b.config;
    // GGUF files of MiniCPM 3 do not say what all of these models have.
    boolean silent = config.architecture().equals("minicpm3") && config.gguf();
    double depth = config.number("scale_depth").orElse(silent ? 1.4 : 1) / Math.sqrt(b.layers);
    double residual = config.number("residual_multiplier").orElse(depth);
    double base = config.number("dim_model_base").orElse(silent ? 256 : b.width);
    return b.arrange(Arrange.before(b.rms, (float) residual))
        .embeddingScale(
            config
                .number("scale_emb")
                .orElse(config.number("embedding_multiplier").orElse(silent ? 12 : 1)))
        .tied()
        .logitScale(1 / config.number("logits_scaling").orElse(b.width / base));
  }
}
