// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * A normalisation of rows, or of equal groups of a row's columns (such as heads).
 *
 * <p>RMS (Zhang and Sennrich 2019): {@code y = x / √(mean(x²) + eps) ⊙ gain}. LAYER (Ba et al.
 * 2016): {@code y = (x − mean(x)) / √(var(x) + eps) ⊙ gain + bias}.
 *
 * @param kind which
 * @param groups equal groups of columns that are normalised each for itself; 1 for whole rows
 * @param gain {@code [1, cols]}, or {@code [1, cols / groups]}, then the same for all groups
 * @param bias the same, or null
 * @param eps keeps the root from zero
 */
public record Norm(Kind kind, int groups, Weight gain, Weight bias, float eps) {
  /** What is made equal. */
  public enum Kind {
    /** The root of the mean square. */
    RMS,
    /** Mean and variance. */
    LAYER
  }

  /** Checks that gain and bias agree. */
  public Norm {
    if (groups <= 0 || bias != null && bias.cols() != gain.cols()) {
      throw new IllegalArgumentException("a norm with " + gain + " and " + bias);
    }
  }

  /** Whether {@link Ops#rmsNorm} is all that it is. */
  public boolean plain() {
    return kind == Kind.RMS && groups == 1 && bias == null;
  }
}
