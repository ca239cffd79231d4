// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.ModelConfig;
import io.jishi.model.NormSpec;
import io.jishi.model.TensorRole;
import java.util.Map;

/** StableLM, StarCoder 2 and Nemotron: Llama's shape with layer norms. */
final class LayerNormed {
  private LayerNormed() {}

  /** StableLM 2 (Stability AI 2024): a quarter of each head rotated. */
  static DecoderSpec stableLm(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    if (config.flag("qk_layernorm", false)) {
      throw b.unsupported("'qk_layernorm' is not supported for this family");
    }
    NormSpec norm = NormSpec.layer(config.number("norm_eps").orElse(1e-5));
    boolean bias = config.bias("use_qkv_bias", false, TensorRole.QUERY);
    b.norm(norm).mixer(b.attention().withBiases(bias, false));
    return (config.flag("use_parallel_residual", false) ? b.arrange(Arrange.parallel(norm)) : b)
        .build();
  }

  /** StarCoder 2 (Lozhkov et al. 2024): no gate, biases, a window. */
  static DecoderSpec starCoder2(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    boolean bias = config.bias("use_bias", true, TensorRole.QUERY);
    GroupedAttention a = b.attention().withBiases(bias, bias);
    return b.norm(NormSpec.layer(config.number("norm_eps").orElse(1e-5)))
        .mixer(a.withScores(a.scores().withWindow(b.window())))
        .channel(Gpt.plain(b, b.size("intermediate_size"), "gelu_pytorch_tanh", bias))
        .tied()
        .names(
            Map.of(
                TensorRole.UP, "model.layers.%d.mlp.c_fc",
                TensorRole.DOWN, "model.layers.%d.mlp.c_proj"))
        .build();
  }

  /** Nemotron (Parmar et al. 2024): gains stored less 1, the squared rectifier without gate. */
  static DecoderSpec nemotron(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    NormSpec layer = NormSpec.layer(config.number("norm_eps").orElse(1e-5));
    boolean bias = config.bias("mlp_bias", false, TensorRole.UP);
    return b.norm(new NormSpec(layer.kind(), layer.eps(), true, true))
        .channel(Gpt.plain(b, b.size("intermediate_size"), "relu2", bias))
        .build();
  }
}
