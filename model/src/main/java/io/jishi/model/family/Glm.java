// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.DecoderSpec.HeadNorm;
import io.jishi.model.ModelConfig;
import io.jishi.model.RopeSpec;
import io.jishi.model.TensorRole;
import io.jishi.tensor.Rope;
import java.util.Map;

/** ChatGLM 2 and 3, GLM 4 and 4.5 (GLM team 2024, 2025): half of each head is rotated, in pairs. */
final class Glm {
  private Glm() {}

  static DecoderSpec glm(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    return b.mixer(attention(b)).build();
  }

  /** GLM 4 of 2025: norms after each part too. */
  static DecoderSpec glm4(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    return b.mixer(attention(b))
        .arrange(Arrange.around(b.rms))
        .names(
            Map.of(
                TensorRole.MIXER_POST_NORM, "model.layers.%d.post_self_attn_layernorm",
                TensorRole.CHANNEL_POST_NORM, "model.layers.%d.post_mlp_layernorm"))
        .build();
  }

  /** GLM 4.5: experts as DeepSeek V3 has them; halves are rotated. */
  static DecoderSpec mixture(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    boolean bias = config.bias("attention_bias", false, TensorRole.QUERY);
    GroupedAttention a = b.attention().withBiases(bias, false);
    if (config.flag("use_qk_norm", config.stored(TensorRole.QUERY_NORM))) {
      a = a.withHeadNorm(new HeadNorm(HeadNorm.Scope.HEAD, b.rms));
    }
    return b.mixer(a).channel(DeepSeek.afterDense(b, DeepSeek.sigmoid(b))).build();
  }

  private static GroupedAttention attention(Blueprint b) {
    boolean bias = b.config.bias("attention_bias", false, TensorRole.QUERY);
    return b.attention(b.rope(Rope.Style.PAIRS)).withBiases(bias, false);
  }

  /** ChatGLM 2 and 3, GLM 4 of 2024, as first published. */
  static DecoderSpec chatGlm(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    double base = 10_000 * config.number("rope_ratio").orElse(1);
    RopeSpec rope =
        b.rope(
            Rope.Style.PAIRS,
            config.integer("rotary_dim").orElse(b.headDim() / 2),
            config.ropeBase("full_attention", base),
            config.ropeScaling("full_attention"));
    boolean bias = config.bias("add_qkv_bias", true, TensorRole.QUERY);
    String layer = "transformer.encoder.layers.%d.";
    return b.mixer(b.attention(rope).withBiases(bias, false))
        .names(
            Map.of(
                TensorRole.EMBEDDING, "transformer.embedding.word_embeddings",
                TensorRole.FINAL_NORM, "transformer.encoder.final_layernorm",
                TensorRole.OUTPUT, "transformer.output_layer",
                TensorRole.MIXER_NORM, layer + "input_layernorm",
                TensorRole.QKV, layer + "self_attention.query_key_value",
                TensorRole.ATTENTION_OUTPUT, layer + "self_attention.dense",
                TensorRole.CHANNEL_NORM, layer + "post_attention_layernorm",
                TensorRole.GATE_UP, layer + "mlp.dense_h_to_4h",
                TensorRole.DOWN, layer + "mlp.dense_4h_to_h"))
        .build();
  }
}
