// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * What the attention of one layer is: grouped queries (Ainslie et al. 2023) over cached keys and
 * values, causal.
 *
 * @param heads query heads, a multiple of {@code kvHeads}
 * @param kvHeads key and value heads
 * @param headDim values per head
 * @param rope rotary embedding of queries and keys, or null
 * @param queryNorm gain {@code [1, headDim]} of an RMSNorm over each query head, or null
 * @param keyNorm the same for keys, or null
 * @param eps of these norms
 * @param scale of the scores, usually {@code 1 / √headDim}
 * @param normLast whether heads are rotated first and then normed (Hunyuan), not the other way
 * @param scores what else happens to the scores
 */
public record Attention(
    int heads,
    int kvHeads,
    int headDim,
    Rope rope,
    Weight queryNorm,
    Weight keyNorm,
    float eps,
    float scale,
    boolean normLast,
    Scores scores) {

  /** Checks that the heads group evenly. */
  public Attention {
    if (heads <= 0 || kvHeads <= 0 || heads % kvHeads != 0 || headDim <= 0) {
      throw new IllegalArgumentException(heads + " heads do not group over " + kvHeads);
    }
    if (scores.slopes() != null && scores.slopes().length != heads) {
      throw new IllegalArgumentException(heads + " heads need as many slopes");
    }
  }

  /** Attention whose scores are scaled and nothing else. */
  public Attention(
      int heads,
      int kvHeads,
      int headDim,
      Rope rope,
      Weight queryNorm,
      Weight keyNorm,
      float eps,
      float scale) {
    this(heads, kvHeads, headDim, rope, queryNorm, keyNorm, eps, scale, false, Scores.PLAIN);
  }

  /** Whether it is nothing but rotation, norms before it, and scaled scores: what a tape takes. */
  public boolean plain() {
    return !normLast && scores.plain();
  }

  /** Columns of the fused input: queries, keys, values. */
  public int inputWidth() {
    return (heads + 2 * kvHeads) * headDim;
  }

  /** Columns of the result. */
  public int outputWidth() {
    return heads * headDim;
  }
}
