// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.util.List;

/**
 * Weights that share one input, so that a backend can run them as one product: their outputs stand
 * side by side.
 *
 * <p>{@code y[t, o] = b[o] + Σ_i x[t, i] · w[o, i]}, computed in this order to the bit: an
 * accumulator starts at the bias (0 where there is none) and takes the inputs in ascending order.
 * Products of floats are one fused multiply-add of decoded weight and input each.
 *
 * <p>Integer products ({@link Precision#FAST} with a type that says {@link DType#integer}) take
 * inputs in groups of 32, rounded to 8 bits with one scale {@code sx}: {@code sx = max|x| / 127},
 * {@code x8 = rint(x · (1 / sx))}; where {@code sx < 2^-126} or the group holds an infinity or a
 * NaN, {@code x8 = 0}, and in the latter case {@code sx} is NaN. With weights {@code w = sw · q +
 * mw}, q integers, sw and mw exact products of the block's scales, a group adds
 *
 * <ol>
 *   <li>{@code acc = fma(Σ q · x8, sw · sx, acc)}: once where the format has one sw for 32 values,
 *       twice (values 0–15, then 16–31) where it has one for 16 (Q2_K, Q3_K, Q6_K);
 *   <li>where the format has minima, {@code acc = fma(mw, sx · Σ x8, acc)}, over 32 values or twice
 *       over 16 (Q2_K).
 * </ol>
 *
 * <p>{@code sw · sx} and {@code sx · Σ x8} are rounded to single precision; all sums are exact.
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
