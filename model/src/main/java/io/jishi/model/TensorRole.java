// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a tensor is for, and its name in GGUF files and in Llama-like checkpoints; {@code %d} is the
 * layer, {@code %e} the expert, a name that ends in {@code =} is whole ({@link Checkpoint}).
 */
public enum TensorRole {
  /** Token embedding {@code [vocabulary, width]}. */
  EMBEDDING("token_embd", "model.embed_tokens"),
  /** Norm of the embeddings. */
  EMBEDDING_NORM("token_embd_norm", null),
  /** Learned positions {@code [positions, width]}. */
  POSITIONS("position_embd", null),
  /** Token types {@code [types, width]}. */
  TOKEN_TYPES("token_types", null),
  /** The matrix of an image's patches {@code [width, pixels]}. */
  PATCHES(null, null),
  /** That of the second frame, where each has a tensor of its own. */
  PATCHES_AGAIN(null, null),
  /** What stands before the patches. */
  CLASS_TOKEN(null, null),
  /** The norm between a tower and its projector. */
  PROJECTOR_NORM(null, null),
  /** First product of a projector. */
  PROJECTOR_IN(null, null),
  /** Second. */
  PROJECTOR_OUT(null, null),
  /** The last norm. */
  FINAL_NORM("output_norm", "model.norm"),
  /** Output matrix {@code [vocabulary, width]}. */
  OUTPUT("output", "lm_head"),
  /** The norm before the mixer. */
  MIXER_NORM("blk.%d.attn_norm", "model.layers.%d.input_layernorm"),
  /** The norm before the mixer where GGUF files call that of the channel the first (Falcon). */
  MIXER_NORM_2("blk.%d.attn_norm_2", null),
  /** The norm after the mixer. */
  MIXER_POST_NORM("blk.%d.post_attention_norm", "model.layers.%d.post_attention_layernorm"),
  /** The norm of the hidden state and what the mixer adds to it. */
  MIXER_SUM_NORM("blk.%d.attn_output_norm", null),
  /** Query projection. */
  QUERY("blk.%d.attn_q", "model.layers.%d.self_attn.q_proj"),
  /** Key projection. */
  KEY("blk.%d.attn_k", "model.layers.%d.self_attn.k_proj"),
  /** Value projection. */
  VALUE("blk.%d.attn_v", "model.layers.%d.self_attn.v_proj"),
  /** All three in one. */
  QKV("blk.%d.attn_qkv", "model.layers.%d.self_attn.qkv_proj"),
  /** Output projection of the attention. */
  ATTENTION_OUTPUT("blk.%d.attn_output", "model.layers.%d.self_attn.o_proj"),
  /** The norm over query heads. */
  QUERY_NORM("blk.%d.attn_q_norm", "model.layers.%d.self_attn.q_norm"),
  /** The norm over key heads. */
  KEY_NORM("blk.%d.attn_k_norm", "model.layers.%d.self_attn.k_norm"),
  /** Sinks {@code [heads]}. */
  SINKS("blk.%d.attn_sinks", "model.layers.%d.self_attn.sinks="),
  /** First query projection of latent attention. */
  QUERY_A("blk.%d.attn_q_a", "model.layers.%d.self_attn.q_a_proj"),
  /** The norm between the query projections. */
  QUERY_A_NORM("blk.%d.attn_q_a_norm", "model.layers.%d.self_attn.q_a_layernorm"),
  /** Second query projection. */
  QUERY_B("blk.%d.attn_q_b", "model.layers.%d.self_attn.q_b_proj"),
  /** To the latent vector and the rotary key part. */
  KV_A("blk.%d.attn_kv_a_mqa", "model.layers.%d.self_attn.kv_a_proj_with_mqa"),
  /** The norm of the latent vector. */
  KV_A_NORM("blk.%d.attn_kv_a_norm", "model.layers.%d.self_attn.kv_a_layernorm"),
  /** From the latent vector to keys and values of all heads. */
  KV_B("blk.%d.attn_kv_b", "model.layers.%d.self_attn.kv_b_proj"),
  /** From keys to latent vectors, {@code [heads, rank, keyDim]}. */
  KEY_B("blk.%d.attn_k_b", null),
  /** From latent vectors to values, {@code [heads, valueDim, rank]}. */
  VALUE_B("blk.%d.attn_v_b", null),
  /** The norm before the channel. */
  CHANNEL_NORM("blk.%d.ffn_norm", "model.layers.%d.post_attention_layernorm"),
  /** The norm after the channel. */
  CHANNEL_POST_NORM("blk.%d.post_ffw_norm", "model.layers.%d.post_feedforward_layernorm"),
  /** The norm of the hidden state and what the channel adds to it. */
  CHANNEL_SUM_NORM("blk.%d.layer_output_norm", null),
  /** Gate projection. */
  GATE("blk.%d.ffn_gate", "model.layers.%d.mlp.gate_proj"),
  /** Up projection. */
  UP("blk.%d.ffn_up", "model.layers.%d.mlp.up_proj"),
  /** Gate and up in one. */
  GATE_UP(null, "model.layers.%d.mlp.gate_up_proj"),
  /** Down projection. */
  DOWN("blk.%d.ffn_down", "model.layers.%d.mlp.down_proj"),
  /** The router of a mixture {@code [experts, width]}. */
  ROUTER("blk.%d.ffn_gate_inp", "model.layers.%d.mlp.gate"),
  /** What is added to scores for the choice. */
  CHOICE_BIAS("blk.%d.exp_probs_b.bias=", "model.layers.%d.mlp.gate.e_score_correction_bias="),
  /** Gates of experts. */
  EXPERT_GATE("blk.%d.ffn_gate_exps", "model.layers.%d.mlp.experts.%e.gate_proj"),
  /** Ups of experts. */
  EXPERT_UP("blk.%d.ffn_up_exps", "model.layers.%d.mlp.experts.%e.up_proj"),
  /** Gates and ups of experts in one. */
  EXPERT_GATE_UP(null, null),
  /** Downs of experts. */
  EXPERT_DOWN("blk.%d.ffn_down_exps", "model.layers.%d.mlp.experts.%e.down_proj"),
  /** Gate of the layer that every token passes. */
  SHARED_GATE("blk.%d.ffn_gate_shexp", "model.layers.%d.mlp.shared_experts.gate_proj"),
  /** Its up projection. */
  SHARED_UP("blk.%d.ffn_up_shexp", "model.layers.%d.mlp.shared_experts.up_proj"),
  /** Both in one. */
  SHARED_GATE_UP(null, null),
  /** Its down projection. */
  SHARED_DOWN("blk.%d.ffn_down_shexp", "model.layers.%d.mlp.shared_experts.down_proj"),
  /** What its result is multiplied by, {@code [1, width]}. */
  SHARED_ROUTER("blk.%d.ffn_gate_inp_shexp", "model.layers.%d.mlp.shared_expert_gate"),
  /** Into a recurrent mixer. */
  RECURRENT_IN("blk.%d.ssm_in", "model.layers.%d.mamba.in_proj"),
  /** Decays and rates of a delta rule. */
  RECURRENT_RATES("blk.%d.ssm_ba", "model.layers.%d.linear_attn.in_proj_ba"),
  /** Rates of a delta rule. */
  RECURRENT_BETA("blk.%d.ssm_beta", "model.layers.%d.linear_attn.in_proj_b"),
  /** Decays of a delta rule. */
  RECURRENT_ALPHA("blk.%d.ssm_alpha", "model.layers.%d.linear_attn.in_proj_a"),
  /** Gate of a delta rule. */
  RECURRENT_GATE("blk.%d.attn_gate", "model.layers.%d.linear_attn.in_proj_z"),
  /** First projection to a low-rank decay. */
  DECAY_A("blk.%d.ssm_f_a", "model.layers.%d.self_attn.f_a_proj"),
  /** Second. */
  DECAY_B("blk.%d.ssm_f_b", "model.layers.%d.self_attn.f_b_proj"),
  /** First projection to a low-rank gate. */
  GATE_A("blk.%d.ssm_g_a", "model.layers.%d.self_attn.g_a_proj"),
  /** Second. */
  GATE_B("blk.%d.ssm_g_b", "model.layers.%d.self_attn.g_b_proj"),
  /** Convolution. */
  CONVOLUTION("blk.%d.ssm_conv1d", "model.layers.%d.mamba.conv1d"),
  /** Convolution of queries alone. */
  QUERY_CONVOLUTION("blk.%d.ssm_conv1d_q", "model.layers.%d.self_attn.q_conv1d"),
  /** Of keys. */
  KEY_CONVOLUTION("blk.%d.ssm_conv1d_k", "model.layers.%d.self_attn.k_conv1d"),
  /** Of values. */
  VALUE_CONVOLUTION("blk.%d.ssm_conv1d_v", "model.layers.%d.self_attn.v_conv1d"),
  /** To step, B and C. */
  STEP_IN("blk.%d.ssm_x", "model.layers.%d.mamba.x_proj"),
  /** To the step. */
  STEP("blk.%d.ssm_dt", "model.layers.%d.mamba.dt_proj"),
  /** What is added to steps or decays. */
  STEP_BIAS("blk.%d.ssm_dt.bias=", "model.layers.%d.mamba.dt_bias="),
  /** Decays; checkpoints store the logarithm of their negative. */
  DECAY("blk.%d.ssm_a=", "model.layers.%d.mamba.A_log="),
  /** What passes by the state. */
  SKIP("blk.%d.ssm_d=", "model.layers.%d.mamba.D="),
  /** The norm of a recurrent mixer's result. */
  RECURRENT_NORM("blk.%d.ssm_norm", "model.layers.%d.mamba.norm"),
  /** Out of a recurrent mixer. */
  RECURRENT_OUT("blk.%d.ssm_out", "model.layers.%d.mamba.out_proj"),
  /** Receptance of RWKV's time mix. */
  RECEPTANCE(null, null),
  /** Bonus of the newest token. */
  BONUS(null, null),
  /** How much of the newest token keys take. */
  MIX_KEY(null, null),
  /** Values. */
  MIX_VALUE(null, null),
  /** Receptances. */
  MIX_RECEPTANCE(null, null),
  /** The same of the channel mix: keys. */
  CHANNEL_MIX_KEY(null, null),
  /** Receptances. */
  CHANNEL_MIX_RECEPTANCE(null, null),
  /** Receptance of RWKV's channel mix. */
  CHANNEL_RECEPTANCE(null, null),
  /** First product over a pooled hidden state. */
  SUMMARY("cls", null),
  /** The norm behind it. */
  SUMMARY_NORM("cls.norm", null),
  /** The last one: to scores. */
  SUMMARY_OUT("cls.output", null),
  /** First product over a hidden state to guess its token. */
  MASKED(null, null),
  /** The norm behind it. */
  MASKED_NORM(null, null),
  /** The last one: to logits. */
  MASKED_OUT(null, null),
  /** What is added to logits, under a whole name of its own. */
  MASKED_BIAS(null, null);

  private static final Set<TensorRole> LLAMA_LIKE =
      EnumSet.of(
          EMBEDDING,
          FINAL_NORM,
          OUTPUT,
          MIXER_NORM,
          QUERY,
          KEY,
          VALUE,
          ATTENTION_OUTPUT,
          QUERY_NORM,
          KEY_NORM,
          CHANNEL_NORM,
          GATE,
          UP,
          DOWN);

  private final String gguf;
  private final String huggingFace;

  TensorRole(String gguf, String huggingFace) {
    this.gguf = gguf;
    this.huggingFace = huggingFace;
  }

  /** The roles of Llama-like models: those that have one tensor and a name in both layouts. */
  public static Set<TensorRole> llamaLike() {
    return Collections.unmodifiableSet(LLAMA_LIKE);
  }

  /** The stem of the name in GGUF files, without {@code .weight} or {@code .bias}. */
  public String gguf(int layer) {
    return gguf.replace("%d", Integer.toString(layer));
  }

  /** The stem of the name that Llama-like checkpoints of Hugging Face use. */
  public String huggingFace(int layer) {
    return huggingFace.replace("%d", Integer.toString(layer));
  }

  /** The pattern of the name in GGUF files, or null. */
  String ggufPattern() {
    return gguf;
  }

  /** The pattern of the name in Llama-like checkpoints of Hugging Face, or null. */
  String huggingFacePattern() {
    return huggingFace;
  }
}
