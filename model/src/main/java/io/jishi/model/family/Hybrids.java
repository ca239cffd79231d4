// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.ChannelDelta;
import io.jishi.model.DecoderSpec.ChannelMix;
import io.jishi.model.DecoderSpec.Embedding;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.DecoderSpec.HeadNorm;
import io.jishi.model.DecoderSpec.ShortConvolution;
import io.jishi.model.DecoderSpec.TimeMix;
import io.jishi.model.ModelConfig;
import io.jishi.model.NormSpec;
import io.jishi.model.TensorRole;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** LFM 2 (Liquid AI 2025), Kimi Linear (Moonshot 2025) and RWKV 4 (Peng et al. 2023). */
final class Hybrids {
  private Hybrids() {}

  /** LFM 2: gated short convolutions, attention in between. */
  static DecoderSpec lfm2(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    GroupedAttention full = b.attention().withHeadNorm(new HeadNorm(HeadNorm.Scope.HEAD, b.rms));
    ShortConvolution near =
        new ShortConvolution(b.size("conv_L_cache"), config.flag("conv_bias", false));
    List<String> kinds = config.texts("layer_types");
    List<Double> attending = config.numbers("full_attn_idxs");
    if (config.flag("block_auto_adjust_ff_dim", false)) {
      throw b.unsupported("'block_auto_adjust_ff_dim' is not supported");
    }
    String layer = "model.layers.%d.";
    return b.mixer(
            l -> {
              boolean whole =
                  kinds.isEmpty()
                      ? attending.contains((double) l)
                      : kinds.get(l).equals("full_attention");
              return whole ? full : near;
            })
        .tied()
        .names(
            Map.ofEntries(
                Map.entry(TensorRole.FINAL_NORM, "model.embedding_norm"),
                Map.entry(TensorRole.MIXER_NORM, layer + "operator_norm"),
                Map.entry(TensorRole.CHANNEL_NORM, layer + "ffn_norm"),
                Map.entry(TensorRole.ATTENTION_OUTPUT, layer + "self_attn.out_proj"),
                Map.entry(TensorRole.QUERY_NORM, layer + "self_attn.q_layernorm"),
                Map.entry(TensorRole.KEY_NORM, layer + "self_attn.k_layernorm"),
                Map.entry(TensorRole.RECURRENT_IN, layer + "conv.in_proj"),
                Map.entry(TensorRole.CONVOLUTION, layer + "conv.conv"),
                Map.entry(TensorRole.RECURRENT_OUT, layer + "conv.out_proj"),
                Map.entry(TensorRole.GATE, layer + "feed_forward.w1"),
                Map.entry(TensorRole.DOWN, layer + "feed_forward.w2"),
                Map.entry(TensorRole.UP, layer + "feed_forward.w3")))
        .build();
  }

  /** Kimi Linear: the delta rule with a decay a channel, latent attention without positions. */
  static DecoderSpec kimiLinear(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    ModelConfig linear = config.inner("linear_attn_config");
    if (!config.gguf() && (linear == null || !config.flag("mla_use_nope", false))) {
      throw b.unsupported("a configuration without 'linear_attn_config' and 'mla_use_nope'");
    }
    List<Double> listed = config.gguf() ? List.of() : linear.numbers("full_attn_layers");
    List<String> kinds = config.texts("layer_types");
    ChannelDelta delta =
        config.gguf()
            ? new ChannelDelta(b.heads(), b.size("kda_head_dim"), b.size("conv_kernel"), b.rms)
            : new ChannelDelta(
                linear.require("num_heads"),
                linear.require("head_dim"),
                linear.require("short_conv_kernel_size"),
                b.rms);
    DecoderSpec.LatentAttention full = DeepSeek.latent(b, null, b.size("v_head_dim"), 1);
    String layer = "model.layers.%d.";
    String experts = layer + "block_sparse_moe.";
    return b.mixer(
            l -> {
              boolean whole =
                  kinds.size() > l
                      ? kinds.get(l).equals("full_attention")
                      : listed.contains((double) l + 1);
              return whole ? full : delta;
            })
        .channel(DeepSeek.afterDense(b, DeepSeek.sigmoid(b)))
        .names(
            Map.ofEntries(
                Map.entry(TensorRole.RECURRENT_BETA, layer + "self_attn.b_proj"),
                Map.entry(TensorRole.DECAY, layer + "self_attn.A_log="),
                Map.entry(TensorRole.STEP_BIAS, layer + "self_attn.dt_bias="),
                Map.entry(TensorRole.RECURRENT_NORM, layer + "self_attn.o_norm"),
                Map.entry(TensorRole.ROUTER, experts + "gate"),
                Map.entry(TensorRole.CHOICE_BIAS, experts + "gate.e_score_correction_bias="),
                Map.entry(TensorRole.EXPERT_GATE, experts + "experts.%e.w1"),
                Map.entry(TensorRole.EXPERT_DOWN, experts + "experts.%e.w2"),
                Map.entry(TensorRole.EXPERT_UP, experts + "experts.%e.w3"),
                Map.entry(TensorRole.SHARED_GATE, experts + "shared_experts.gate_proj"),
                Map.entry(TensorRole.SHARED_UP, experts + "shared_experts.up_proj"),
                Map.entry(TensorRole.SHARED_DOWN, experts + "shared_experts.down_proj")))
        .build();
  }

  /** RWKV 4: no attention at all. */
  static DecoderSpec rwkv4(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    NormSpec norm = NormSpec.layer(config.number("norm_eps").orElse(1e-5));
    Map<TensorRole, String> names = new EnumMap<>(TensorRole.class);
    String time = "rwkv.blocks.%d.attention.";
    String channel = "rwkv.blocks.%d.feed_forward.";
    names.put(TensorRole.EMBEDDING, "rwkv.embeddings");
    names.put(TensorRole.EMBEDDING_NORM, "rwkv.blocks.0.pre_ln");
    names.put(TensorRole.FINAL_NORM, "rwkv.ln_out");
    names.put(TensorRole.OUTPUT, "head");
    names.put(TensorRole.MIXER_NORM, "rwkv.blocks.%d.ln1");
    names.put(TensorRole.CHANNEL_NORM, "rwkv.blocks.%d.ln2");
    names.put(TensorRole.KEY, time + "key");
    names.put(TensorRole.VALUE, time + "value");
    names.put(TensorRole.RECEPTANCE, time + "receptance");
    names.put(TensorRole.ATTENTION_OUTPUT, time + "output");
    names.put(TensorRole.DECAY, time + "time_decay=");
    names.put(TensorRole.BONUS, time + "time_first=");
    names.put(TensorRole.MIX_KEY, time + "time_mix_key=");
    names.put(TensorRole.MIX_VALUE, time + "time_mix_value=");
    names.put(TensorRole.MIX_RECEPTANCE, time + "time_mix_receptance=");
    names.put(TensorRole.CHANNEL_MIX_KEY, channel + "time_mix_key=");
    names.put(TensorRole.CHANNEL_MIX_RECEPTANCE, channel + "time_mix_receptance=");
    names.put(TensorRole.UP, channel + "key");
    names.put(TensorRole.DOWN, channel + "value");
    names.put(TensorRole.CHANNEL_RECEPTANCE, channel + "receptance");
    return b.norm(norm)
        .mixer(new TimeMix(b.size("attention_hidden_size", b.width, 1 << 20)))
        .channel(new ChannelMix(b.size("intermediate_size", 4 * b.width, 1 << 24)))
        .embedding(new Embedding(1, 0, norm))
        .names(names)
        .build();
  }
}
