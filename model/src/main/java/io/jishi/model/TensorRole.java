// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

/** What a tensor is for, and its name in GGUF files; {@code %d} is the layer. */
public enum TensorRole {
  /** Token embedding {@code [vocabulary, width]}. */
  EMBEDDING("token_embd", "model.embed_tokens"),
  /** Gain of the last norm. */
  FINAL_NORM("output_norm", "model.norm"),
  /** Output matrix {@code [vocabulary, width]}. */
  OUTPUT("output", "lm_head"),
  /** Gain of the norm before the mixer. */
  MIXER_NORM("blk.%d.attn_norm", "model.layers.%d.input_layernorm"),
  /** Query projection. */
  QUERY("blk.%d.attn_q", "model.layers.%d.self_attn.q_proj"),
  /** Key projection. */
  KEY("blk.%d.attn_k", "model.layers.%d.self_attn.k_proj"),
  /** Value projection. */
  VALUE("blk.%d.attn_v", "model.layers.%d.self_attn.v_proj"),
  /** Output projection of the attention. */
  ATTENTION_OUTPUT("blk.%d.attn_output", "model.layers.%d.self_attn.o_proj"),
  /** Gain of the norm over query heads. */
  QUERY_NORM("blk.%d.attn_q_norm", "model.layers.%d.self_attn.q_norm"),
  /** Gain of the norm over key heads. */
  KEY_NORM("blk.%d.attn_k_norm", "model.layers.%d.self_attn.k_norm"),
  /** Gain of the norm before the channel. */
  CHANNEL_NORM("blk.%d.ffn_norm", "model.layers.%d.post_attention_layernorm"),
  /** Gate projection. */
  GATE("blk.%d.ffn_gate", "model.layers.%d.mlp.gate_proj"),
  /** Up projection. */
  UP("blk.%d.ffn_up", "model.layers.%d.mlp.up_proj"),
  /** Down projection. */
  DOWN("blk.%d.ffn_down", "model.layers.%d.mlp.down_proj");

  private final String gguf;
  private final String huggingFace;

  TensorRole(String gguf, String huggingFace) {
    this.gguf = gguf;
    this.huggingFace = huggingFace;
  }

  /** The stem of the name in GGUF files, without {@code .weight} or {@code .bias}. */
  public String gguf(int layer) {
    return gguf.replace("%d", Integer.toString(layer));
  }

  /** The stem of the name that Llama-like checkpoints of Hugging Face use. */
  public String huggingFace(int layer) {
    return huggingFace.replace("%d", Integer.toString(layer));
  }
}
