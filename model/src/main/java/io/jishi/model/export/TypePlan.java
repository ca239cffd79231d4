// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.model.Checkpoint;
import io.jishi.model.TensorRole;
import io.jishi.model.WeightMix;
import io.jishi.tensor.DType;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which tensor of a GGUF file is stored as what. Matrices of products and the token table take the
 * wanted type; what is small and disturbs all (routers, positions, convolutions, decays) stays F32,
 * as vectors do.
 */
final class TypePlan {
  private static final Set<TensorRole> MATRICES =
      EnumSet.of(
          TensorRole.EMBEDDING,
          TensorRole.OUTPUT,
          TensorRole.QUERY,
          TensorRole.KEY,
          TensorRole.VALUE,
          TensorRole.QKV,
          TensorRole.ATTENTION_OUTPUT,
          TensorRole.QUERY_A,
          TensorRole.QUERY_B,
          TensorRole.KV_A,
          TensorRole.KV_B,
          TensorRole.KEY_B,
          TensorRole.VALUE_B,
          TensorRole.GATE,
          TensorRole.UP,
          TensorRole.DOWN,
          TensorRole.EXPERT_GATE,
          TensorRole.EXPERT_UP,
          TensorRole.EXPERT_DOWN,
          TensorRole.SHARED_GATE,
          TensorRole.SHARED_UP,
          TensorRole.SHARED_DOWN,
          TensorRole.RECURRENT_IN,
          TensorRole.RECURRENT_GATE,
          TensorRole.RECURRENT_OUT);

  private final WeightMix mix;
  private final int layers;
  private final boolean tied;
  private final Map<String, TensorRole> roles = new HashMap<>();
  private final Map<String, Integer> layerOf = new HashMap<>();

  /**
   * A plan.
   *
   * @param mix the wanted types; null to leave matrices as they are stored
   * @param names of tensors in the file
   */
  TypePlan(WeightMix mix, Checkpoint names, int layers, boolean tied) {
    if (mix != null && !BlockEncoder.TYPES.contains(mix.base())) {
      throw new JishiException.BadRequest(
          "type", "the type " + mix.name() + " can be read, but not written; see --help");
    }
    this.mix = mix;
    this.layers = layers;
    this.tied = tied;
    for (TensorRole role : MATRICES) {
      for (int l = 0; l < layers; l++) {
        String name = names.weight(role, l);
        roles.put(name, role);
        layerOf.put(name, l);
      }
    }
  }

  /** The type of a tensor. */
  DType type(String name, List<Long> shape, DType stored) {
    TensorRole role = roles.get(name);
    if (shape.size() < 2 || role == null) {
      return DType.F32;
    }
    return mix == null
        ? stored
        : mix.fitting(role, layerOf.get(name), layers, tied, shape.getLast());
  }
}
