// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.Checkpoint;
import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.ModelConfig;
import io.jishi.model.TensorRole;
import io.jishi.tensor.Rope;
import io.jishi.tensor.Routing;
import java.util.List;
import java.util.Map;

/** Llama (Touvron et al. 2023) and the families that differ from it in little. */
final class Llama {
  private Llama() {}

  /** Llama 1 to 3, Aquila, and under GGUF's name also Mistral and Mixtral. */
  static DecoderSpec llama(ModelConfig config) {
    boolean mixture = config.integer("num_experts").orElse(0) > 0;
    return mixture ? mixtral(config) : config.gguf() ? mistral(config) : plain(config);
  }

  private static DecoderSpec plain(ModelConfig config) {
    return new Blueprint(config).build();
  }

  /** Mistral (Jiang et al. 2023): a sliding window. */
  static DecoderSpec mistral(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    return b.mixer(windowed(b)).build();
  }

  /** Mixtral (Jiang et al. 2024): Mistral with experts. */
  static DecoderSpec mixtral(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    String experts = "model.layers.%d.block_sparse_moe.experts.%e.";
    return b.mixer(windowed(b))
        .channel(
            new Experts(b)
                .routing(Routing.Scoring.SOFTMAX_CHOSEN, false)
                .inner("intermediate_size")
                .mixture())
        .names(
            Map.of(
                TensorRole.ROUTER, "model.layers.%d.block_sparse_moe.gate",
                TensorRole.EXPERT_GATE, experts + "w1",
                TensorRole.EXPERT_DOWN, experts + "w2",
                TensorRole.EXPERT_UP, experts + "w3"))
        .build();
  }

  private static GroupedAttention windowed(Blueprint b) {
    GroupedAttention a = b.attention();
    return a.withScores(a.scores().withWindow(b.window()));
  }

  /** Seed-OSS: biases on queries, keys and values alone. */
  static DecoderSpec seedOss(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    boolean input = config.bias("attention_bias", true, TensorRole.QUERY);
    boolean output = config.bias("attention_out_bias", false, TensorRole.ATTENTION_OUTPUT);
    return b.mixer(b.attention().withBiases(input, output)).build();
  }

  /** SmolLM 3: some layers are not rotated. */
  static DecoderSpec smolLm3(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    List<Double> rotated = config.numbers("no_rope_layers");
    int every = config.integer("no_rope_layer_interval").orElse(4);
    GroupedAttention a = b.attention();
    return b.mixer(
            l -> {
              boolean turn = rotated.isEmpty() ? (l + 1) % every != 0 : rotated.get(l) != 0;
              return turn ? a : a.withRope(null);
            })
        .tied()
        .build();
  }

  /** InternLM 2: packed projections by key head, names of its own. */
  static DecoderSpec internLm2(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    boolean input = config.bias("bias", false, TensorRole.QUERY);
    boolean output = config.bias("bias", false, TensorRole.ATTENTION_OUTPUT);
    return b.mixer(b.attention().withBiases(input, output))
        .checkpoint(
            Checkpoint.named(
                    Map.ofEntries(
                        Map.entry(TensorRole.EMBEDDING, "model.tok_embeddings"),
                        Map.entry(TensorRole.OUTPUT, "output"),
                        Map.entry(TensorRole.MIXER_NORM, "model.layers.%d.attention_norm"),
                        Map.entry(TensorRole.QKV, "model.layers.%d.attention.wqkv"),
                        Map.entry(TensorRole.ATTENTION_OUTPUT, "model.layers.%d.attention.wo"),
                        Map.entry(TensorRole.CHANNEL_NORM, "model.layers.%d.ffn_norm"),
                        Map.entry(TensorRole.GATE, "model.layers.%d.feed_forward.w1"),
                        Map.entry(TensorRole.DOWN, "model.layers.%d.feed_forward.w2"),
                        Map.entry(TensorRole.UP, "model.layers.%d.feed_forward.w3")))
                .withGroupedQkv())
        .build();
  }

  /** Ernie 4.5: neighbours are rotated together. */
  static DecoderSpec ernie(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    return b.mixer(ernieAttention(b)).channel(ernieFeedForward(b)).tied().build();
  }

  /** Ernie 4.5 with experts, chosen by softmax and a bias. */
  static DecoderSpec ernieMixture(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    int first = config.integer("first_k_dense_replace").orElse(0);
    int last = config.integer("moe_layer_end_index").orElse(b.layers - 1);
    int interval = Math.max(1, config.integer("moe_layer_interval").orElse(1));
    Experts experts = new Experts(b).routing(Routing.Scoring.SOFTMAX, true).choiceBias().shared();
    return b.mixer(ernieAttention(b))
        .channel(
            l ->
                l >= first && (last < 0 || l <= last) && (l + 1) % interval == 0
                    ? experts.mixture()
                    : ernieFeedForward(b))
        .tied()
        .names(
            Map.of(
                TensorRole.CHOICE_BIAS, "model.layers.%d.mlp.moe_statics.e_score_correction_bias="))
        .build();
  }

  private static GroupedAttention ernieAttention(Blueprint b) {
    boolean bias = b.config.bias("use_bias", false, TensorRole.QUERY);
    return b.attention(b.rope(Rope.Style.PAIRS)).withBiases(bias, bias);
  }

  private static DecoderSpec.FeedForward ernieFeedForward(Blueprint b) {
    DecoderSpec.FeedForward f = b.feedForward();
    boolean bias = b.config.bias("use_bias", false, TensorRole.GATE);
    return new DecoderSpec.FeedForward(f.inner(), true, f.activation(), bias, 1);
  }
}
