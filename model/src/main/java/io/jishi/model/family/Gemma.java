// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.FeedForward;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.DecoderSpec.Head;
import io.jishi.model.DecoderSpec.HeadNorm;
import io.jishi.model.DecoderSpec.ScoreSpec;
import io.jishi.model.ModelConfig;
import io.jishi.model.NormSpec;
import io.jishi.model.TensorRole;
import io.jishi.tensor.Activation;
import io.jishi.tensor.Rope;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Gemma 1 to 3 (Google 2024, 2025): gains stored less 1, scaled embeddings, GELU. */
final class Gemma {
  private static final Map<TensorRole, String> AROUND =
      Map.of(TensorRole.CHANNEL_NORM, "model.layers.%d.pre_feedforward_layernorm");

  /** Layers of Gemma 2 and 3 of 27B, by which llama.cpp knows that scores are scaled otherwise. */
  private static final Set<Integer> LARGE_LAYERS = Set.of(46, 62);

  private Gemma() {}

  static DecoderSpec gemma(ModelConfig config) {
    return base(config).build();
  }

  /** Gemma 2: norms around, windows in every second layer, soft caps. */
  static DecoderSpec gemma2(ModelConfig config) {
    Blueprint b = base(config);
    float cap = (float) config.number("attn_logit_softcapping").orElse(0);
    GroupedAttention a = b.attention();
    return b.arrange(Arrange.around(norm(b)))
        .mixer(
            l -> a.withScores(new ScoreSpec(scale(b), l % 2 == 0 ? b.window() : 0, cap, 0, false)))
        .head(head(config))
        .names(AROUND)
        .build();
  }

  /** Gemma 3: norms of heads; five layers with a window and a base of their own to one without. */
  static DecoderSpec gemma3(ModelConfig config) {
    Blueprint b = base(config);
    HeadNorm heads = new HeadNorm(HeadNorm.Scope.HEAD, norm(b));
    ScoreSpec scores = ScoreSpec.scaled(scale(b));
    GroupedAttention whole =
        b.attention(b.rope(Rope.Style.HALVES, 1e6, "full_attention"))
            .withHeadNorm(heads)
            .withScores(scores);
    double local = config.number("rope_local_base_freq").orElse(10_000);
    GroupedAttention near =
        whole
            .withRope(
                b.rope(
                    Rope.Style.HALVES,
                    b.headDim(),
                    config.gguf() || config.has("rope_local_base_freq")
                        ? local
                        : config.ropeBase("sliding_attention", local),
                    new io.jishi.model.RopeSpec.Plain()))
            .withScores(scores.withWindow(b.window()));
    List<String> kinds = config.texts("layer_types");
    int pattern = config.integer("sliding_window_pattern").orElse(6);
    return b.arrange(Arrange.around(norm(b)))
        .mixer(
            l -> {
              boolean sliding = kinds.isEmpty() ? (l + 1) % pattern != 0 : b.listedWindow(l) > 0;
              return sliding ? near : whole;
            })
        .head(head(config))
        .names(AROUND)
        .build();
  }

  private static Blueprint base(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    FeedForward f =
        new FeedForward(b.size("intermediate_size"), true, Activation.GELU_TANH, false, 1);
    return b.norm(norm(b)).channel(f).embeddingScale(Math.sqrt(b.width)).tied();
  }

  private static NormSpec norm(Blueprint b) {
    return NormSpec.rmsPlusOne(b.rms.eps());
  }

  private static double scale(Blueprint b) {
    double known =
        b.config.gguf() && LARGE_LAYERS.contains(b.layers) ? b.width / b.heads() : b.headDim();
    return 1 / Math.sqrt(b.config.number("query_pre_attn_scalar").orElse(known));
  }

  private static Head head(ModelConfig config) {
    float cap = (float) config.number("final_logit_softcapping").orElse(0);
    return new Head(config.tiedOutput(true), false, false, 1, cap);
  }
}
