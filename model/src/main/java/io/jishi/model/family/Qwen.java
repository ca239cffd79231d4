// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.Channel;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.DecoderSpec.HeadNorm;
import io.jishi.model.ModelConfig;
import io.jishi.model.NormSpec;
import io.jishi.model.TensorRole;
import io.jishi.tensor.Routing;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** Qwen 2 to 3.5 (Yang et al. 2024, 2025). */
final class Qwen {
  private Qwen() {}

  /** Qwen 2 and 2.5: biases on queries, keys and values. */
  static DecoderSpec qwen2(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    return b.mixer(windowed(b, b.attention().withBiases(true, false))).build();
  }

  /** Qwen 3: a norm over each query and key head. */
  static DecoderSpec qwen3(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    return b.mixer(windowed(b, normed(b))).build();
  }

  /** Qwen 2 with experts and a gated layer for all. */
  static DecoderSpec qwen2Mixture(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    return b.mixer(windowed(b, b.attention().withBiases(true, false)))
        .channel(sparse(b, withShared(b, config.flag("norm_topk_prob", false))))
        .names(SHARED)
        .build();
  }

  /** Qwen 3 with experts. */
  static DecoderSpec qwen3Mixture(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    boolean normalised = config.flag("norm_topk_prob", true);
    Experts experts = new Experts(b).routing(Routing.Scoring.SOFTMAX, normalised);
    return b.mixer(windowed(b, normed(b))).channel(sparse(b, experts)).build();
  }

  /** Qwen 3 Next: three layers of the gated delta rule to one of gated attention, experts. */
  static DecoderSpec qwen3Next(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    return hybrid(b, true)
        .channel(sparse(b, withShared(b, config.flag("norm_topk_prob", true))))
        .names(with(SHARED, LINEAR))
        .build();
  }

  /** Qwen 3.5: the same with dense layers and unpacked projections. */
  static DecoderSpec qwen35(ModelConfig config) {
    return hybrid(new Blueprint(config), false)
        .names(
            with(
                LINEAR, Map.of(TensorRole.RECURRENT_IN, "model.layers.%d.linear_attn.in_proj_qkv")))
        .build();
  }

  private static Blueprint hybrid(Blueprint b, boolean packed) {
    NormSpec norm = NormSpec.rmsPlusOne(b.rms.eps());
    GroupedAttention full =
        b.attention()
            .withBiases(false, false)
            .withHeadNorm(new HeadNorm(HeadNorm.Scope.HEAD, norm))
            .withOutputGate();
    DecoderSpec.GatedDelta linear =
        new DecoderSpec.GatedDelta(
            b.size("linear_num_key_heads"),
            b.size("linear_num_value_heads"),
            b.size("linear_key_head_dim"),
            b.size("linear_value_head_dim"),
            b.size("linear_conv_kernel_dim"),
            packed,
            b.rms);
    List<String> kinds = b.config.texts("layer_types");
    int interval = b.config.integer("full_attention_interval").orElse(4);
    return b.norm(norm)
        .mixer(
            l -> {
              boolean whole =
                  kinds.isEmpty() ? (l + 1) % interval == 0 : kinds.get(l).equals("full_attention");
              return whole ? full : linear;
            });
  }

  private static final Map<TensorRole, String> SHARED =
      Map.of(
          TensorRole.SHARED_GATE, "model.layers.%d.mlp.shared_expert.gate_proj",
          TensorRole.SHARED_UP, "model.layers.%d.mlp.shared_expert.up_proj",
          TensorRole.SHARED_DOWN, "model.layers.%d.mlp.shared_expert.down_proj");

  private static final Map<TensorRole, String> LINEAR =
      Map.of(
          TensorRole.RECURRENT_IN, "model.layers.%d.linear_attn.in_proj_qkvz",
          TensorRole.CONVOLUTION, "model.layers.%d.linear_attn.conv1d",
          TensorRole.STEP_BIAS, "model.layers.%d.linear_attn.dt_bias=",
          TensorRole.DECAY, "model.layers.%d.linear_attn.A_log=",
          TensorRole.RECURRENT_NORM, "model.layers.%d.linear_attn.norm",
          TensorRole.RECURRENT_OUT, "model.layers.%d.linear_attn.out_proj");

  private static Map<TensorRole, String> with(
      Map<TensorRole, String> some, Map<TensorRole, String> others) {
    Map<TensorRole, String> all = new java.util.EnumMap<>(some);
    all.putAll(others);
    return all;
  }

  private static Experts withShared(Blueprint b, boolean normalised) {
    return new Experts(b)
        .routing(Routing.Scoring.SOFTMAX, normalised)
        .shared(b.size("shared_expert_intermediate_size"), true);
  }

  /** Experts in every so-manieth layer that is not listed as dense. */
  private static IntFunction<Channel> sparse(Blueprint b, Experts experts) {
    int step = Math.max(1, b.config.integer("decoder_sparse_step").orElse(1));
    List<Double> dense = b.config.numbers("mlp_only_layers");
    return l ->
        dense.contains((double) l) || (l + 1) % step != 0 ? b.feedForward() : experts.mixture();
  }

  private static GroupedAttention normed(Blueprint b) {
    return b.attention().withHeadNorm(new HeadNorm(HeadNorm.Scope.HEAD, b.rms));
  }

  /** A window in the upper layers, where it is switched on. */
  private static IntFunction<DecoderSpec.Mixer> windowed(Blueprint b, GroupedAttention a) {
    boolean on = b.config.flag("use_sliding_window", false);
    int first = b.config.integer("max_window_layers").orElse(0);
    return l -> a.withScores(a.scores().withWindow(on && l >= first ? b.window() : 0));
  }
}
