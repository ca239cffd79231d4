// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * Multi-head latent attention (DeepSeek-V2, 2024) in its absorbed form: all heads share one cached
 * row a token, the latent vector and a rotated key part, {@code [rank + rotary]}; the latent is key
 * and value at once. This form is used for prompts too, so that a prompt's cut changes no bit.
 *
 * @param heads query heads
 * @param rank values of the latent vector
 * @param rotary values of the rotated part
 * @param rope its rotation, or null where positions are not embedded
 * @param scale of the scores
 */
public record LatentAttention(int heads, int rank, int rotary, Rope rope, float scale) {
  /** Columns of a cached row. */
  public int rowWidth() {
    return rank + rotary;
  }

  /** Columns of the queries: each head's latent part, then its rotary part. */
  public int queryWidth() {
    return heads * rowWidth();
  }

  /** Columns of the result: a mix of latent vectors for each head. */
  public int outputWidth() {
    return heads * rank;
  }
}
