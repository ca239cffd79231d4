// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.util.List;

/**
 * Weights that share one input, so that a backend can run them as one product: their outputs stand
 * side by side.
 *
 * @param weights each {@code [out_k, in]}
 * @param biases each {@code [1, out_k]} or null; as long as the weights
 * @param in columns of every weight
 * @param out sum of their rows
 */
public record Linear(List<Weight> weights, List<Weight> biases, int in, int out) {

  /** Copies nothing: the lists are the loader's and never change. */
  public Linear {
    for (int k = 0; k < weights.size(); k++) {
      Weight bias = biases.get(k);
      if (weights.get(k).cols() != in
          || bias != null && (bias.rows() != 1 || bias.cols() != weights.get(k).rows())) {
        throw new IllegalArgumentException(
            "shapes do not agree: " + weights.get(k) + ", bias " + bias + ", input " + in);
      }
    }
  }

  /** Joins weights and their biases (null where there is none). */
  public static Linear of(List<Weight> weights, List<Weight> biases) {
    int out = weights.stream().mapToInt(Weight::rows).reduce(0, Math::addExact);
    return new Linear(weights, biases, weights.getFirst().cols(), out);
  }

  /** One weight without bias. */
  public static Linear of(Weight weight) {
    return of(List.of(weight), java.util.Collections.singletonList(null));
  }
}
