// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.model.Origin;
import io.jishi.model.adapter.Placement;
import io.jishi.tensor.Weight;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * An adapter beside a weight (LoRA, Hu et al. 2022): {@code y = W x + scale · B (A x)}; or beside a
 * tensor of which a decoder reads parts, each with its part of A and B.
 *
 * @param a {@code [rank, in]}; {@code [experts · rank, in]} where a tensor stacks matrices
 * @param b {@code [out, rank]}; {@code [out, rank · experts]}
 * @param scale alpha / rank
 * @param parts what stands beside the decoder's weights, by identity; empty where the one weight is
 *     the tensor as it is stored
 */
public record LowRank(Trainable a, Trainable b, float scale, Map<Weight, LowRank> parts) {
  /** Checks that the shapes agree. */
  public LowRank {
    if (parts.isEmpty() && a.rows() != b.cols()) {
      throw new IllegalArgumentException("an adapter of " + a + " and " + b);
    }
  }

  /** Beside one weight. */
  public LowRank(Trainable a, Trainable b, float scale) {
    this(a, b, scale, Map.of());
  }

  /**
   * Beside the weights that a decoder makes of a tensor.
   *
   * @param places of each
   * @param experts matrices that the tensor stacks
   */
  public static LowRank beside(
      Map<Weight, Placement> places,
      Trainable a,
      Trainable b,
      float scale,
      int experts,
      Parameters parameters) {
    int rank = a.rows() / experts;
    Map<Weight, LowRank> parts = new IdentityHashMap<>();
    places.forEach(
        (weight, place) -> {
          Origin down = place.down(a.name(), b.name(), experts, rank, a.cols());
          Origin up = place.up(a.name(), b.name(), experts, rank, a.cols());
          parts.put(
              weight,
              new LowRank(
                  parameters.part(down.tensor().equals(a.name()) ? a : b, down, rank),
                  parameters.part(up.tensor().equals(a.name()) ? a : b, up, weight.rows()),
                  scale));
        });
    return new LowRank(a, b, scale, parts);
  }
}
