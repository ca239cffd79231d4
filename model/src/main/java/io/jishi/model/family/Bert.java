// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.Checkpoint;
import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.BidirectionalAttention;
import io.jishi.model.DecoderSpec.Dense;
import io.jishi.model.DecoderSpec.Embedding;
import io.jishi.model.DecoderSpec.FeedForward;
import io.jishi.model.DecoderSpec.Masked;
import io.jishi.model.DecoderSpec.Normed;
import io.jishi.model.DecoderSpec.Place;
import io.jishi.model.DecoderSpec.Summary;
import io.jishi.model.DecoderSpec.Tanh;
import io.jishi.model.ModelConfig;
import io.jishi.model.NormSpec;
import io.jishi.model.Pooling;
import io.jishi.model.TensorRole;
import io.jishi.tensor.Activation;
import io.jishi.tensor.Rope;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** BERT and the encoders of its shape: norms of sums, attention in both directions. */
final class Bert {
  private static final double EPS = 1e-12;

  /** Of Nomic's published models; other files say theirs. */
  private static final double NOMIC_BASE = 1000;

  private Bert() {}

  /** BERT (Devlin et al. 2018); under GGUF's name also RoBERTa's kin. */
  static DecoderSpec bert(ModelConfig config) {
    Map<TensorRole, String> names = new EnumMap<>(TensorRole.class);
    names.put(TensorRole.SUMMARY, "bert.pooler.dense");
    names.put(TensorRole.SUMMARY_OUT, "classifier");
    String masked = "cls.predictions.";
    names.put(TensorRole.MASKED, masked + "transform.dense");
    names.put(TensorRole.MASKED_NORM, masked + "transform.LayerNorm");
    names.put(TensorRole.MASKED_OUT, masked + "decoder");
    names.put(TensorRole.MASKED_BIAS, masked + "bias=");
    return learned(config, "bert.", 0, names);
  }

  /** RoBERTa (Liu et al. 2019) and XLM-RoBERTa (Conneau et al. 2019): positions begin late. */
  static DecoderSpec roberta(ModelConfig config) {
    int skipped = config.integer("pad_token_id").orElse(1) + 1;
    Map<TensorRole, String> names = new EnumMap<>(TensorRole.class);
    names.put(TensorRole.SUMMARY, scores(config) ? "classifier.dense" : "roberta.pooler.dense");
    names.put(TensorRole.SUMMARY_OUT, "classifier.out_proj");
    names.put(TensorRole.MASKED, "lm_head.dense");
    names.put(TensorRole.MASKED_NORM, "lm_head.layer_norm");
    names.put(TensorRole.MASKED_OUT, "lm_head.decoder");
    names.put(TensorRole.MASKED_BIAS, "lm_head.bias=");
    return learned(config, "roberta.", skipped, names);
  }

  /**
   * An encoder with learned positions.
   *
   * @param skipped rows of their table before the first
   * @param names of its heads; gets all others
   */
  private static DecoderSpec learned(
      ModelConfig config, String prefix, int skipped, Map<TensorRole, String> names) {
    Blueprint b = new Blueprint(config);
    String kind = config.text("position_embedding_type", "absolute");
    if (!kind.equals("absolute")) {
      throw b.unsupported("'position_embedding_type' " + kind + " is not supported");
    }
    NormSpec norm = NormSpec.layer(config.number("norm_eps").orElse(EPS));
    int positions = b.size("max_position_embeddings") - skipped;
    if (positions <= 0) {
      throw b.bad("no positions are left of " + (positions + skipped));
    }
    String layer = prefix + "encoder.layer.%d.";
    names.put(TensorRole.EMBEDDING, prefix + "embeddings.word_embeddings");
    names.put(TensorRole.POSITIONS, prefix + "embeddings.position_embeddings");
    names.put(TensorRole.TOKEN_TYPES, prefix + "embeddings.token_type_embeddings");
    names.put(TensorRole.EMBEDDING_NORM, prefix + "embeddings.LayerNorm");
    names.put(TensorRole.QUERY, layer + "attention.self.query");
    names.put(TensorRole.KEY, layer + "attention.self.key");
    names.put(TensorRole.VALUE, layer + "attention.self.value");
    names.put(TensorRole.ATTENTION_OUTPUT, layer + "attention.output.dense");
    names.put(TensorRole.MIXER_SUM_NORM, layer + "attention.output.LayerNorm");
    names.put(TensorRole.UP, layer + "intermediate.dense");
    names.put(TensorRole.DOWN, layer + "output.dense");
    names.put(TensorRole.CHANNEL_SUM_NORM, layer + "output.LayerNorm");
    return b.arrange(Arrange.sums(norm))
        .mixer(
            new BidirectionalAttention(
                b.attention(b.heads(), b.heads(), b.headDim(), null).withBiases(true, true), 0))
        .channel(Gpt.plain(b, b.size("intermediate_size"), "gelu", true))
        .embedding(new Embedding(1, positions, skipped, types(config), norm))
        .positions(positions)
        .encoder(null, summary(config, b))
        .masked(masked(config, b, norm, true))
        .names(names)
        .build();
  }

  /** Scores over the first token; else BERT's pooler, which many files lack. */
  private static Summary summary(ModelConfig config, Blueprint b) {
    Dense first = new Dense(TensorRole.SUMMARY, b.width, true, null);
    Dense last = new Dense(TensorRole.SUMMARY_OUT, 0, true, null);
    return scores(config)
        ? new Summary(Pooling.CLS, false, List.of(first, new Tanh(), last))
        : new Summary(Pooling.CLS, true, List.of(first, new Tanh()));
  }

  /**
   * The head for masked tokens, which GGUF files never have.
   *
   * @param bias whether the first product has one
   */
  static Masked masked(ModelConfig config, Blueprint b, NormSpec norm, boolean bias) {
    Dense first = new Dense(TensorRole.MASKED, b.width, bias, b.activation("gelu"));
    Normed normed = new Normed(new Place(TensorRole.MASKED_NORM, norm));
    return config.gguf() || scores(config)
        ? null
        : new Masked(
            List.of(first, normed), config.tiedOutput(true), config.flag("decoder_bias", true));
  }

  /** Whether the model scores sequences. */
  static boolean scores(ModelConfig config) {
    return config.gguf()
        ? config.stored(TensorRole.SUMMARY) && config.stored(TensorRole.SUMMARY_OUT)
        : config.texts("architectures").stream()
            .anyMatch(name -> name.endsWith("ForSequenceClassification"));
  }

  private static int types(ModelConfig config) {
    return config.gguf() && !config.stored(TensorRole.TOKEN_TYPES)
        ? 0
        : config.integer("type_vocab_size").orElse(2);
  }

  /** Nomic BERT (Nussbaum et al. 2024): rotary positions, gates, no biases. */
  static DecoderSpec nomic(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    if (config.flag("prenorm", false) || config.integer("moe_every_n_layers").orElse(0) > 0) {
      throw b.unsupported("norms before parts, and experts, are not supported for this family");
    }
    NormSpec norm = NormSpec.layer(config.number("norm_eps").orElse(EPS));
    String layer = "bert.encoder.layers.%d.";
    Map<TensorRole, String> names = new EnumMap<>(TensorRole.class);
    names.put(TensorRole.EMBEDDING, "bert.embeddings.word_embeddings");
    names.put(TensorRole.TOKEN_TYPES, "bert.embeddings.token_type_embeddings");
    names.put(TensorRole.EMBEDDING_NORM, "bert.emb_ln");
    names.put(TensorRole.QKV, layer + "attn.Wqkv");
    names.put(TensorRole.ATTENTION_OUTPUT, layer + "attn.out_proj");
    names.put(TensorRole.MIXER_SUM_NORM, layer + "norm1");
    names.put(TensorRole.UP, layer + "mlp.fc11");
    names.put(TensorRole.GATE, layer + "mlp.fc12");
    names.put(TensorRole.DOWN, layer + "mlp.fc2");
    names.put(TensorRole.CHANNEL_SUM_NORM, layer + "norm2");
    boolean gated = config.text("hidden_act", "swiglu").equals("swiglu");
    Activation gate = gated ? Activation.SILU : b.activation("silu");
    boolean bias = config.bias("qkv_proj_bias", false, TensorRole.QKV);
    boolean inner = config.bias("mlp_fc1_bias", false, TensorRole.UP);
    return b.arrange(Arrange.sums(norm))
        .mixer(
            new BidirectionalAttention(
                b.attention(
                        b.heads(),
                        b.heads(),
                        b.headDim(),
                        b.rope(Rope.Style.HALVES, NOMIC_BASE, "full_attention"))
                    .withBiases(bias, bias),
                0))
        .channel(new FeedForward(b.size("intermediate_size"), true, gate, inner, 1))
        .embedding(new Embedding(1, 0, 0, types(config), norm))
        .encoder(null, null)
        .checkpoint(Checkpoint.named(names))
        .build();
  }
}
