// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * Attention within the sequences of one batch, in both directions: no state remembers it, so a
 * sequence is never cut. Encoders and towers of other media are made of it.
 *
 * @param heads query heads, a multiple of {@code kvHeads}
 * @param kvHeads key and value heads
 * @param headDim values per head
 * @param rope rotary embedding of queries and keys, or null
 * @param scale of the scores, usually {@code 1 / √headDim}
 * @param reach how far a token sees to either side, 0 for its whole sequence
 */
public record BidirectionalAttention(
    int heads, int kvHeads, int headDim, Rope rope, float scale, int reach) {

  /** Checks that the heads group evenly. */
  public BidirectionalAttention {
    if (heads <= 0 || kvHeads <= 0 || heads % kvHeads != 0 || headDim <= 0 || reach < 0) {
      throw new IllegalArgumentException(heads + " heads do not group over " + kvHeads);
    }
  }

  /** Columns of the fused input: queries, keys, values. */
  public int inputWidth() {
    return (heads + 2 * kvHeads) * headDim;
  }

  /** Columns of the result. */
  public int outputWidth() {
    return heads * headDim;
  }

  /** The same heads, causal. */
  public Attention causal() {
    return new Attention(heads, kvHeads, headDim, rope, null, null, 0, scale);
  }
}
