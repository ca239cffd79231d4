// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.DecoderSpec.HeadNorm;
import io.jishi.model.ModelConfig;
import io.jishi.model.RopeSpec;
import io.jishi.model.TensorRole;
import io.jishi.tensor.Rope;
import io.jishi.tensor.Routing;
import java.util.EnumMap;
import java.util.Map;

/** Hunyuan (Tencent 2025): heads are rotated first and normed then; a base grown by alpha. */
final class Hunyuan {
  private Hunyuan() {}

  static DecoderSpec dense(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    return b.mixer(attention(b)).names(NORMS).build();
  }

  static DecoderSpec mixture(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    Experts experts = new Experts(b).routing(Routing.Scoring.SOFTMAX, true);
    if (config.flag("use_mixed_mlp_moe", true)) {
      experts.shared();
    }
    Map<TensorRole, String> names = new EnumMap<>(NORMS);
    names.put(TensorRole.ROUTER, "model.layers.%d.mlp.gate.wg");
    names.put(TensorRole.SHARED_GATE, "model.layers.%d.mlp.shared_mlp.gate_proj");
    names.put(TensorRole.SHARED_UP, "model.layers.%d.mlp.shared_mlp.up_proj");
    names.put(TensorRole.SHARED_DOWN, "model.layers.%d.mlp.shared_mlp.down_proj");
    return b.mixer(attention(b)).channel(experts.mixture()).names(names).build();
  }

  private static final Map<TensorRole, String> NORMS =
      Map.of(
          TensorRole.QUERY_NORM, "model.layers.%d.self_attn.query_layernorm",
          TensorRole.KEY_NORM, "model.layers.%d.self_attn.key_layernorm");

  private static GroupedAttention attention(Blueprint b) {
    int dim = b.headDim();
    double base = b.config.ropeBase("full_attention", 10_000);
    for (String name : new String[] {"rope_scaling", "rope_parameters"}) {
      ModelConfig rope = b.config.inner(name);
      if (rope != null && rope.number("alpha").orElse(0) > 0) {
        base *= Math.pow(rope.number("alpha").getAsDouble(), dim / (dim - 2.0));
      }
    }
    return b.attention(b.rope(Rope.Style.HALVES, dim, base, new RopeSpec.Plain()))
        .withHeadNorm(
            b.config.flag("use_qk_norm", true)
                ? new HeadNorm(HeadNorm.Scope.ROTATED_HEAD, b.rms)
                : null);
  }
}
