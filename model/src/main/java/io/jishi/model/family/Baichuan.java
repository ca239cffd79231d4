// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.DecoderSpec.Head;
import io.jishi.model.DecoderSpec.ScoreSpec;
import io.jishi.model.ModelConfig;
import io.jishi.model.TensorRole;
import java.util.Map;

/** Baichuan 1 and 2 (Yang et al. 2023): packed projections; 13B has ALiBi, 2 has a unit head. */
final class Baichuan {
  /** By this vocabulary published files of the second generation are known. */
  private static final int SECOND = 125_696;

  /** Layers of 13B, by which llama.cpp knows it. */
  private static final int LARGE_LAYERS = 40;

  private Baichuan() {}

  static DecoderSpec baichuan(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    GroupedAttention a = b.attention();
    boolean large =
        config.gguf()
            ? b.layers == LARGE_LAYERS || config.has("max_alibi_bias")
            : !config.has("max_position_embeddings");
    if (large) {
      ScoreSpec alibi = new ScoreSpec(a.scores().scale(), 0, 0, 1, false);
      a = a.withRope(null).withScores(alibi);
    }
    boolean unit =
        config.flag("norm_head", !config.gguf() && config.require("vocab_size") == SECOND);
    boolean second = config.require("vocab_size") == SECOND;
    if (config.gguf() && second && !config.flag("unit_output", false)) {
      throw b.unsupported(
          "GGUF files of the second generation are not supported: they do not say whether the"
              + " output matrix was divided by its rows' lengths; use the published checkpoint");
    }
    return b.mixer(a)
        .head(new Head(config.tiedOutput(false), false, unit, 1, 0))
        .names(Map.of(TensorRole.QKV, "model.layers.%d.self_attn.W_pack"))
        .build();
  }
}
