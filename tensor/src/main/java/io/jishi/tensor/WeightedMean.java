// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * The running weighted mean of RWKV 4 (Peng et al. 2023): of all tokens so far, weighted by {@code
 * e^k}, older ones less by {@code e^decay} a token, the newest one's weight multiplied by {@code
 * e^bonus}.
 *
 * @param decay {@code [1, channels]}, negative
 * @param bonus {@code [1, channels]}
 */
public record WeightedMean(Weight decay, Weight bonus) {
  /** Bytes of the state: numerator, denominator and the exponent of both, for each channel. */
  public long stateBytes() {
    return 3L * Float.BYTES * decay.cols();
  }
}
