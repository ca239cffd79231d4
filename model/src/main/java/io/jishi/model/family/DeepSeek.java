// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.Channel;
import io.jishi.model.ModelConfig;
import io.jishi.model.NormSpec;
import io.jishi.model.RopeSpec;
import io.jishi.tensor.Rope;
import io.jishi.tensor.Routing;
import java.util.function.IntFunction;

/** DeepSeek V2 and V3, Kimi K2, Moonlight: latent attention and experts. */
final class DeepSeek {
  /** Of the norms within latent attention, whatever {@code rms_norm_eps} says. */
  private static final double LATENT_EPS = 1e-6;

  private DeepSeek() {}

  /** DeepSeek V2 (2024): experts by softmax. */
  static DecoderSpec v2(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    Experts experts =
        new Experts(b)
            .routing(Routing.Scoring.SOFTMAX, config.flag("norm_topk_prob", false))
            .scale(config.number("routed_scaling_factor").orElse(1))
            .shared();
    if (config.text("topk_method", "greedy").equals("group_limited_greedy")) {
      experts.groups(1);
    }
    return build(b, experts);
  }

  /** DeepSeek V3 (2024), Kimi K2, Moonlight: experts by sigmoid, bias and groups. */
  static DecoderSpec v3(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    return build(b, sigmoid(b));
  }

  /** Both as GGUF files have them, which say by a number how experts are scored. */
  static DecoderSpec gguf(ModelConfig config) {
    return config.text("scoring_func", "softmax").equals("sigmoid") ? v3(config) : v2(config);
  }

  /** Experts by sigmoid, a bias for the choice, the best groups by their two best experts. */
  static Experts sigmoid(Blueprint b) {
    return new Experts(b)
        .routing(Routing.Scoring.SIGMOID, b.config.flag("norm_topk_prob", true))
        .choiceBias()
        .groups(2)
        .scale(b.config.number("routed_scaling_factor").orElse(1))
        .shared();
  }

  private static DecoderSpec build(Blueprint b, Experts experts) {
    RopeSpec.Scaling scaling = b.config.ropeScaling("full_attention");
    RopeSpec rope =
        b.rope(
            Rope.Style.PAIRS,
            b.size("qk_rope_head_dim"),
            b.config.ropeBase("full_attention", 10_000),
            scaling);
    return b.mixer(latent(b, rope, b.size("v_head_dim"), scoreScale(b)))
        .channel(afterDense(b, experts))
        .build();
  }

  /** YaRN's factor to the second power, where the configuration asks for it. */
  private static double scoreScale(Blueprint b) {
    if (b.config.gguf()) {
      double factor = b.config.number("yarn_factor").orElse(1);
      double rise = b.config.number("yarn_log_multiplier").orElse(0) * Math.log(factor);
      return factor <= 1 ? 1 : (1 + rise) * (1 + rise);
    }
    for (String name : new String[] {"rope_scaling", "rope_parameters"}) {
      ModelConfig rope = b.config.inner(name);
      if (rope != null && rope.number("mscale_all_dim").orElse(0) > 0) {
        double factor = rope.number("factor").orElse(1);
        double m = rope.number("mscale_all_dim").getAsDouble();
        double scale = factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1;
        return scale * scale;
      }
    }
    return 1;
  }

  /** Latent attention of the configured sizes. */
  static DecoderSpec.LatentAttention latent(
      Blueprint b, RopeSpec rope, int valueDim, double scoreScale) {
    int key = b.size("qk_nope_head_dim");
    int rotary = b.size("qk_rope_head_dim");
    return new DecoderSpec.LatentAttention(
        b.heads(),
        b.size("q_lora_rank", 0, 1 << 20),
        b.size("kv_lora_rank"),
        key,
        rotary,
        valueDim,
        rope,
        scoreScale / Math.sqrt(key + rotary),
        NormSpec.rms(LATENT_EPS));
  }

  /** Experts after the first dense layers. */
  static IntFunction<Channel> afterDense(Blueprint b, Experts experts) {
    int dense = b.size("first_k_dense_replace", 0, b.layers);
    return l -> l < dense ? b.feedForward() : experts.mixture();
  }
}
