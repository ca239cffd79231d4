// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.BidirectionalAttention;
import io.jishi.model.DecoderSpec.Dense;
import io.jishi.model.DecoderSpec.Embedding;
import io.jishi.model.DecoderSpec.FeedForward;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.DecoderSpec.Normed;
import io.jishi.model.DecoderSpec.Place;
import io.jishi.model.DecoderSpec.Summary;
import io.jishi.model.ModelConfig;
import io.jishi.model.NormSpec;
import io.jishi.model.Pooling;
import io.jishi.model.TensorRole;
import io.jishi.tensor.Rope;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** ModernBERT (Warner et al. 2024): most layers see near tokens alone, the others all. */
final class ModernBert {
  private static final double GLOBAL_BASE = 160_000;
  private static final double LOCAL_BASE = 10_000;
  private static final int LOCAL = 128;
  private static final int EVERY = 3;

  private ModernBert() {}

  static DecoderSpec modernBert(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    double eps = config.number("norm_eps").orElse(1e-5);
    NormSpec norm = config.flag("norm_bias", false) ? NormSpec.layer(eps) : NormSpec.layerGain(eps);
    boolean bias = config.bias("attention_bias", false, TensorRole.QKV);
    // Files say the whole width: half of it lies to either side.
    String width = config.gguf() ? "sliding_window" : "local_attention";
    int reach = config.integer(width).orElse(LOCAL) / 2;
    BidirectionalAttention far =
        new BidirectionalAttention(attention(b, "full_attention", "global_rope_theta", bias), 0);
    BidirectionalAttention near =
        new BidirectionalAttention(
            attention(b, "sliding_attention", "local_rope_theta", bias), reach);
    boolean inner = config.bias("mlp_bias", false, TensorRole.UP);
    return b.arrange(l -> l == 0 ? Arrange.channelNormed(norm) : Arrange.before(norm, 1))
        .mixer(l -> global(config, l) ? far : near)
        .channel(new FeedForward(b.size("intermediate_size"), true, b.activation("gelu"), inner, 1))
        .embedding(new Embedding(1, 0, norm))
        .encoder(norm, Bert.scores(config) ? summary(b, norm) : null)
        .masked(Bert.masked(config, b, norm, config.flag("classifier_bias", false)))
        .names(names())
        .build();
  }

  private static GroupedAttention attention(
      Blueprint b, String kind, String baseKey, boolean bias) {
    boolean near = kind.equals("sliding_attention");
    double base = b.config.number(baseKey).orElse(near ? LOCAL_BASE : GLOBAL_BASE);
    return b.attention(b.heads(), b.heads(), b.headDim(), b.rope(Rope.Style.HALVES, base, kind))
        .withBiases(bias, bias);
  }

  private static boolean global(ModelConfig config, int layer) {
    List<String> kinds = config.texts("layer_types");
    return kinds.size() > layer
        ? kinds.get(layer).equals("full_attention")
        : layer % Math.max(1, config.integer("global_attn_every_n_layers").orElse(EVERY)) == 0;
  }

  private static Summary summary(Blueprint b, NormSpec norm) {
    boolean mean = b.config.text("classifier_pooling", "cls").equals("mean");
    boolean bias = b.config.bias("classifier_bias", false, TensorRole.SUMMARY);
    return new Summary(
        mean ? Pooling.MEAN : Pooling.CLS,
        false,
        List.of(
            new Dense(TensorRole.SUMMARY, b.width, bias, b.activation("gelu")),
            new Normed(new Place(TensorRole.SUMMARY_NORM, norm)),
            new Dense(TensorRole.SUMMARY_OUT, 0, true, null)));
  }

  private static Map<TensorRole, String> names() {
    String layer = "model.layers.%d.";
    Map<TensorRole, String> names = new EnumMap<>(TensorRole.class);
    names.put(TensorRole.EMBEDDING, "model.embeddings.tok_embeddings");
    names.put(TensorRole.EMBEDDING_NORM, "model.embeddings.norm");
    names.put(TensorRole.FINAL_NORM, "model.final_norm");
    names.put(TensorRole.MIXER_NORM, layer + "attn_norm");
    names.put(TensorRole.QKV, layer + "attn.Wqkv");
    names.put(TensorRole.ATTENTION_OUTPUT, layer + "attn.Wo");
    names.put(TensorRole.CHANNEL_NORM, layer + "mlp_norm");
    names.put(TensorRole.GATE_UP, layer + "mlp.Wi");
    names.put(TensorRole.DOWN, layer + "mlp.Wo");
    names.put(TensorRole.SUMMARY, "head.dense");
    names.put(TensorRole.SUMMARY_NORM, "head.norm");
    names.put(TensorRole.SUMMARY_OUT, "classifier");
    names.put(TensorRole.MASKED, "head.dense");
    names.put(TensorRole.MASKED_NORM, "head.norm");
    names.put(TensorRole.MASKED_OUT, "decoder");
    names.put(TensorRole.MASKED_BIAS, "decoder.bias=");
    return names;
  }
}
