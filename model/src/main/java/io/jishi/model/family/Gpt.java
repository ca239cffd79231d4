// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.Checkpoint;
import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.Embedding;
import io.jishi.model.DecoderSpec.FeedForward;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.DecoderSpec.ScoreSpec;
import io.jishi.model.ModelConfig;
import io.jishi.model.NormSpec;
import io.jishi.model.TensorRole;
import io.jishi.tensor.Rope;
import java.util.EnumMap;
import java.util.Map;

/**
 * GPT-2, GPT-NeoX, BLOOM and Falcon: layer norms, plain feed-forward layers, packed projections.
 */
final class Gpt {
  /** Inner values to the hidden state's where nothing is configured. */
  private static final int INNER = 4;

  private Gpt() {}

  /** GPT-2 (Radford et al. 2019): learned positions, matrices stored {@code [in, out]}. */
  static DecoderSpec gpt2(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    String layer = "transformer.h.%d.";
    Map<TensorRole, String> names = names(layer + "attn.c_attn", layer + "attn.c_proj", layer);
    names.put(TensorRole.EMBEDDING, "transformer.wte");
    names.put(TensorRole.POSITIONS, "transformer.wpe");
    names.put(TensorRole.FINAL_NORM, "transformer.ln_f");
    names.put(TensorRole.MIXER_NORM, layer + "ln_1");
    names.put(TensorRole.CHANNEL_NORM, layer + "ln_2");
    names.put(TensorRole.UP, layer + "mlp.c_fc");
    names.put(TensorRole.DOWN, layer + "mlp.c_proj");
    return b.norm(NormSpec.layer(b.rms.eps()))
        .mixer(whole(b).withBiases(true, true))
        .channel(plain(b, inner(b), "gelu_new", true))
        .embedding(new Embedding(1, b.size("max_position_embeddings"), null))
        .tied()
        .checkpoint(
            Checkpoint.named(names)
                .withTransposed(
                    TensorRole.QKV, TensorRole.ATTENTION_OUTPUT, TensorRole.UP, TensorRole.DOWN))
        .build();
  }

  /** GPT-NeoX (Black et al. 2022): parallel parts, a part of each head rotated. */
  static DecoderSpec neoX(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    NormSpec norm = NormSpec.layer(b.rms.eps());
    String layer = "gpt_neox.layers.%d.";
    Map<TensorRole, String> names =
        names(layer + "attention.query_key_value", layer + "attention.dense", layer);
    names.put(TensorRole.EMBEDDING, "gpt_neox.embed_in");
    names.put(TensorRole.FINAL_NORM, "gpt_neox.final_layer_norm");
    names.put(TensorRole.OUTPUT, "embed_out");
    boolean bias = config.bias("attention_bias", true, TensorRole.QUERY);
    b.norm(norm)
        .mixer(b.attention().withBiases(bias, bias))
        .channel(plain(b, inner(b), "gelu", true))
        .checkpoint(Checkpoint.named(names).withGroupedQkv());
    return (config.flag("use_parallel_residual", true) ? b.arrange(Arrange.parallelOwn(norm)) : b)
        .build();
  }

  /** BLOOM (2022): ALiBi, a norm of the embeddings. */
  static DecoderSpec bloom(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    NormSpec norm = NormSpec.layer(b.rms.eps());
    String layer = "transformer.h.%d.";
    Map<TensorRole, String> names = falconNames(layer);
    names.put(TensorRole.EMBEDDING_NORM, "transformer.word_embeddings_layernorm");
    GroupedAttention a = whole(b).withBiases(true, true);
    return b.norm(norm)
        .mixer(a.withScores(new ScoreSpec(a.scores().scale(), 0, 0, 1, false)))
        .channel(plain(b, INNER * b.width, "gelu_new", true))
        .embedding(new Embedding(1, 0, norm))
        .tied()
        .checkpoint(Checkpoint.named(names).withGroupedQkv())
        .build();
  }

  /** Falcon (Almazrouei et al. 2023): of 7B's kind, of 11B's and 40B's, and that with ALiBi. */
  static DecoderSpec falcon(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    boolean grouped = config.gguf() || config.flag("new_decoder_architecture", false);
    boolean own =
        config.gguf()
            ? config.stored(TensorRole.MIXER_NORM_2)
            : grouped && config.integer("num_ln_in_parallel_attn").orElse(2) == 2;
    NormSpec norm = NormSpec.layer(b.rms.eps());
    boolean bias = config.bias("bias", false, TensorRole.QUERY);
    boolean alibi = config.flag("alibi", false);
    boolean shared = config.flag("multi_query", true);
    int kvHeads =
        grouped ? config.integer("num_key_value_heads").orElse(b.heads()) : shared ? 1 : b.heads();
    GroupedAttention a =
        b.attention(b.heads(), kvHeads, b.headDim(), alibi ? null : b.rope(Rope.Style.HALVES))
            .withBiases(bias, bias);
    if (alibi) {
      // Slopes are added before the scale. Transformers adds them twice unless it runs SDPA: once
      // in the mask, once to the scores. Published models were trained with them added once.
      double slopes = a.scores().scale() * config.number("alibi_scale").orElse(1);
      a = a.withScores(new ScoreSpec(a.scores().scale(), 0, 0, (float) slopes, false));
    }
    Map<TensorRole, String> names = falconNames("transformer.h.%d.");
    if (own) {
      names.put(TensorRole.MIXER_NORM, "transformer.h.%d.ln_attn");
      names.put(TensorRole.CHANNEL_NORM, "transformer.h.%d.ln_mlp");
    }
    Checkpoint checkpoint = Checkpoint.named(names);
    Blueprint.Arrangement side = own ? Arrange.parallelOwn(norm) : Arrange.parallel(norm);
    boolean parallel = grouped || config.flag("parallel_attn", true);
    return b.norm(norm)
        .arrange(parallel ? side : Arrange.before(norm, 1))
        .mixer(a)
        .channel(plain(b, config.integer("ffn_hidden_size").orElse(INNER * b.width), "gelu", bias))
        .tied()
        .checkpoint(kvHeads == 1 ? checkpoint : checkpoint.withGroupedQkv())
        .build();
  }

  /** A layer without gate. */
  static FeedForward plain(Blueprint b, int inner, String activation, boolean bias) {
    return new FeedForward(inner, false, b.activation(activation), bias, 1);
  }

  private static int inner(Blueprint b) {
    return b.size("intermediate_size", INNER * b.width, 1 << 24);
  }

  private static GroupedAttention whole(Blueprint b) {
    return b.attention(b.heads(), b.heads(), b.headDim(), null);
  }

  private static Map<TensorRole, String> names(String qkv, String output, String layer) {
    Map<TensorRole, String> names = new EnumMap<>(TensorRole.class);
    names.put(TensorRole.QKV, qkv);
    names.put(TensorRole.ATTENTION_OUTPUT, output);
    names.put(TensorRole.MIXER_NORM, layer + "input_layernorm");
    names.put(TensorRole.CHANNEL_NORM, layer + "post_attention_layernorm");
    names.put(TensorRole.UP, layer + "mlp.dense_h_to_4h");
    names.put(TensorRole.DOWN, layer + "mlp.dense_4h_to_h");
    return names;
  }

  private static Map<TensorRole, String> falconNames(String layer) {
    Map<TensorRole, String> names =
        names(layer + "self_attention.query_key_value", layer + "self_attention.dense", layer);
    names.put(TensorRole.EMBEDDING, "transformer.word_embeddings");
    names.put(TensorRole.FINAL_NORM, "transformer.ln_f");
    return names;
  }
}
