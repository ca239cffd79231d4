// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * A selective state space (Mamba, Gu and Dao 2023; Mamba 2, Dao and Gu 2024). Head h holds a state
 * {@code S [headDim, state]}; group g = h · groups / heads gives B and C:
 *
 * <pre>
 * δ = softplus(dt[h] + bias[h])
 * S[p, n] = exp(δ · A[h, n]) · S[p, n] + δ · x[h, p] · B[g, n]
 * y[h, p] = Σ_n C[g, n] · S[p, n] + D[h] · x[h, p]
 * </pre>
 *
 * <p>Mamba has one head a channel, Mamba 2 one decay a head.
 *
 * @param heads heads
 * @param headDim values of a head
 * @param state values of the state for each value of a head
 * @param groups of heads that share B and C
 * @param decay A, negative: {@code [heads, state]}, or {@code [heads, 1]} for all of a head
 * @param skip D {@code [1, heads]}
 * @param stepBias {@code [1, heads]} or null
 */
public record StateSpace(
    int heads, int headDim, int state, int groups, Weight decay, Weight skip, Weight stepBias) {
  /** Checks the shapes. */
  public StateSpace {
    if (heads % groups != 0
        || decay.rows() != heads
        || decay.cols() != state && decay.cols() != 1
        || skip.cols() != heads) {
      throw new IllegalArgumentException(heads + " heads with " + decay + ", " + skip);
    }
  }

  /** Columns of the result. */
  public int outputWidth() {
    return heads * headDim;
  }

  /** Columns of the input: x, then B, then C. */
  public int inputWidth() {
    return outputWidth() + 2 * groups * state;
  }

  /** Bytes of the state. */
  public long stateBytes() {
    return (long) Float.BYTES * heads * headDim * state;
  }
}
