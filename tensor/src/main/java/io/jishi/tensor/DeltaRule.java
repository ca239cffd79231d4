// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * The gated delta rule (Yang et al. 2024; with a decay for each channel: Kimi Linear, 2025). Value
 * head h holds a state {@code S [keyDim, valueDim]}; its queries and keys are those of key head
 * {@code h · keyHeads / valueHeads}, each divided by its length, queries by √keyDim too:
 *
 * <pre>
 * S[i, j] = exp(A[h] · softplus(a[h, i] + bias[h, i])) · S[i, j]
 * d[j] = sigmoid(b[h]) · (v[j] − Σ_i k[i] · S[i, j])
 * S[i, j] += k[i] · d[j]
 * y[h, j] = Σ_i q[i] · S[i, j]
 * </pre>
 *
 * @param keyHeads query and key heads
 * @param valueHeads value heads, a multiple
 * @param keyDim values of a key head
 * @param valueDim values of a value head
 * @param channelDecay whether a has a column for each value of a key head ({@code valueHeads ·
 *     keyDim}), or one a head
 * @param decay A, negative, {@code [1, valueHeads]}
 * @param decayBias as many as columns of a
 */
public record DeltaRule(
    int keyHeads,
    int valueHeads,
    int keyDim,
    int valueDim,
    boolean channelDecay,
    Weight decay,
    Weight decayBias) {
  /** Added to the squared length of queries and keys before the root. */
  public static final float LENGTH_EPS = 1e-6f;

  /** Checks the shapes. */
  public DeltaRule {
    if (valueHeads % keyHeads != 0 || decay.cols() != valueHeads) {
      throw new IllegalArgumentException(valueHeads + " over " + keyHeads + " heads, " + decay);
    }
  }

  /** Columns of queries, keys and values together. */
  public int inputWidth() {
    return 2 * keyHeads * keyDim + valueHeads * valueDim;
  }

  /** Columns of a. */
  public int decayWidth() {
    return channelDecay ? valueHeads * keyDim : valueHeads;
  }

  /** Columns of the result. */
  public int outputWidth() {
    return valueHeads * valueDim;
  }

  /** Bytes of the state. */
  public long stateBytes() {
    return (long) Float.BYTES * valueHeads * keyDim * valueDim;
  }
}
