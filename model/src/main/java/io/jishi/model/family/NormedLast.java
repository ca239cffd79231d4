// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.DecoderSpec.HeadNorm;
import io.jishi.model.ModelConfig;
import java.util.List;

/** OLMo 2 (2024) and EXAONE 4 (2025): a norm after each part, none before. */
final class NormedLast {
  private NormedLast() {}

  /** OLMo 2: queries and keys are normed as wholes. */
  static DecoderSpec olmo2(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    return b.arrange(Arrange.after(b.rms))
        .mixer(b.attention().withHeadNorm(new HeadNorm(HeadNorm.Scope.WHOLE, b.rms)))
        .build();
  }

  /** EXAONE 4: heads are normed; layers with a window are rotated, others not. */
  static DecoderSpec exaone4(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    GroupedAttention a = b.attention().withHeadNorm(new HeadNorm(HeadNorm.Scope.HEAD, b.rms));
    List<String> kinds = config.texts("layer_types");
    boolean known = !kinds.isEmpty() || config.gguf(); // llama.cpp: all but every fourth are near
    if (!known && b.window() > 0) {
      throw b.unsupported("a window without 'layer_types' is not supported for this family");
    }
    return b.arrange(Arrange.after(b.rms))
        .mixer(
            l -> {
              int window = kinds.isEmpty() ? (l + 1) % 4 == 0 ? 0 : b.window() : b.listedWindow(l);
              return window == 0 && b.window() > 0
                  ? a.withRope(null)
                  : a.withScores(a.scores().withWindow(window));
            })
        .build();
  }
}
