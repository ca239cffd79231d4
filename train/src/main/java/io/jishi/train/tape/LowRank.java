// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

/**
 * An adapter beside a weight (LoRA, Hu et al. 2022): {@code y = W x + scale · B (A x)}.
 *
 * @param a {@code [rank, in]}
 * @param b {@code [out, rank]}
 * @param scale alpha / rank
 */
public record LowRank(Trainable a, Trainable b, float scale) {
  /** Checks that the shapes agree. */
  public LowRank {
    if (a.rows() != b.cols()) {
      throw new IllegalArgumentException("an adapter of " + a + " and " + b);
    }
  }
}
