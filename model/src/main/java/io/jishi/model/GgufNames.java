// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import java.util.HashMap;
import java.util.Map;

/** The names of {@code config.json} and the GGUF keys that say the same. */
final class GgufNames {
  private static final Map<String, String> KEYS =
      Map.ofEntries(
          Map.entry("hidden_size", "embedding_length"),
          Map.entry("intermediate_size", "feed_forward_length"),
          Map.entry("num_hidden_layers", "block_count"),
          Map.entry("num_attention_heads", "attention.head_count"),
          Map.entry("num_key_value_heads", "attention.head_count_kv"),
          Map.entry("head_dim", "attention.key_length"),
          Map.entry("max_position_embeddings", "context_length"),
          Map.entry("rotary_dim", "rope.dimension_count"),
          Map.entry("vocab_size", "vocab_size"),
          Map.entry("num_experts", "expert_count"),
          Map.entry("num_experts_per_tok", "expert_used_count"),
          Map.entry("n_shared_experts", "expert_shared_count"),
          Map.entry("moe_intermediate_size", "expert_feed_forward_length"),
          Map.entry("shared_expert_intermediate_size", "expert_shared_feed_forward_length"),
          Map.entry("first_k_dense_replace", "leading_dense_block_count"),
          Map.entry("moe_layer_interval", "interleave_moe_layer_step"),
          Map.entry("routed_scaling_factor", "expert_weights_scale"),
          Map.entry("n_group", "expert_group_count"),
          Map.entry("topk_group", "expert_group_used_count"),
          Map.entry("sliding_window", "attention.sliding_window"),
          Map.entry("full_attention_interval", "full_attention_interval"),
          Map.entry("q_lora_rank", "attention.q_lora_rank"),
          Map.entry("kv_lora_rank", "attention.kv_lora_rank"),
          Map.entry("attn_logit_softcapping", "attn_logit_softcapping"),
          Map.entry("final_logit_softcapping", "final_logit_softcapping"),
          Map.entry("logit_scale", "logit_scale"),
          Map.entry("embedding_multiplier", "embedding_scale"),
          Map.entry("residual_multiplier", "residual_scale"),
          Map.entry("logits_scaling", "logit_scale"),
          Map.entry("attention_multiplier", "attention.scale"),
          Map.entry("state_size", "ssm.state_size"),
          Map.entry("qk_rope_head_dim", "rope.dimension_count"),
          Map.entry("yarn_log_multiplier", "rope.scaling.yarn_log_multiplier"),
          Map.entry("yarn_factor", "rope.scaling.factor"),
          Map.entry("conv_kernel", "ssm.conv_kernel"),
          Map.entry("time_step_rank", "ssm.time_step_rank"),
          Map.entry("n_groups", "ssm.group_count"),
          Map.entry("mamba_n_heads", "ssm.time_step_rank"),
          Map.entry("mamba_d_state", "ssm.state_size"),
          Map.entry("mamba_n_groups", "ssm.group_count"),
          Map.entry("mamba_d_conv", "ssm.conv_kernel"),
          Map.entry("linear_num_key_heads", "ssm.group_count"),
          Map.entry("linear_num_value_heads", "ssm.time_step_rank"),
          Map.entry("linear_key_head_dim", "ssm.state_size"),
          Map.entry("linear_conv_kernel_dim", "ssm.conv_kernel"),
          Map.entry("kda_head_dim", "kda.head_dim"),
          Map.entry("conv_L_cache", "shortconv.l_cache"),
          Map.entry("max_alibi_bias", "attention.max_alibi_bias"),
          Map.entry("rope_local_base_freq", "rope.freq_base_swa"));

  /** Names that mean something else in some families. */
  private static final Map<String, Map<String, String>> OTHERS =
      Map.of(
          "mamba", Map.of("intermediate_size", "ssm.inner_size"),
          "mamba2", Map.of("num_heads", "ssm.time_step_rank"),
          "gpt-oss", Map.of("intermediate_size", "expert_feed_forward_length"));

  private GgufNames() {}

  /** The key of a name without the architecture before it, or null where GGUF has none. */
  static String key(String architecture, String name) {
    String other = OTHERS.getOrDefault(architecture, Map.of()).get(name);
    return other == null ? KEYS.get(name) : other;
  }

  /** Names whose value is a quotient: {@code {dividend, divisor}}. */
  static final Map<String, String[]> QUOTIENTS = new HashMap<>();

  static {
    QUOTIENTS.put("mamba_d_head", new String[] {"ssm.inner_size", "ssm.time_step_rank"});
    QUOTIENTS.put("linear_value_head_dim", QUOTIENTS.get("mamba_d_head"));
  }
}
