// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.DecoderSpec.HeadNorm;
import io.jishi.model.ModelConfig;
import io.jishi.model.NormSpec;
import io.jishi.model.TensorRole;
import io.jishi.tensor.Rope;
import java.util.List;

/** Command R and Command A (Cohere 2024, 2025): parallel parts after a layer norm without bias. */
final class Cohere {
  private Cohere() {}

  static DecoderSpec cohere(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    GroupedAttention a = attention(b);
    if (config.flag("use_qk_norm", config.stored(TensorRole.QUERY_NORM))) {
      a = a.withHeadNorm(new HeadNorm(HeadNorm.Scope.OWN_HEAD, norm(b)));
    }
    return base(b).mixer(a).build();
  }

  /** Layers with a window are rotated, those without are not. */
  static DecoderSpec cohere2(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    List<String> kinds = config.texts("layer_types");
    int pattern = config.integer("sliding_window_pattern").orElse(4);
    GroupedAttention whole = attention(b).withRope(null);
    GroupedAttention near = attention(b).withScores(whole.scores().withWindow(b.window()));
    return base(b)
        .mixer(
            l -> {
              boolean sliding = kinds.isEmpty() ? (l + 1) % pattern != 0 : b.listedWindow(l) > 0;
              return sliding ? near : whole;
            })
        .build();
  }

  private static GroupedAttention attention(Blueprint b) {
    return b.attention(b.rope(Rope.Style.PAIRS));
  }

  private static NormSpec norm(Blueprint b) {
    return NormSpec.layerGain(b.config.number("norm_eps").orElse(1e-5));
  }

  private static Blueprint base(Blueprint b) {
    return b.norm(norm(b))
        .arrange(Arrange.parallel(norm(b)))
        .tied()
        .logitScale(b.config.number("logit_scale").orElse(0.0625));
  }
}
