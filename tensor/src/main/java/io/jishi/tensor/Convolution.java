// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * A short causal convolution of each channel along the tokens, its past in a recurrent layer:
 * {@code y[t, c] = bias[c] + Σ_k w[c, k] · x[t − kernel + 1 + k, c]}, zeros before the first token.
 *
 * @param weight {@code [channels, kernel]}
 * @param bias {@code [1, channels]} or null
 */
public record Convolution(Weight weight, Weight bias) {
  /** Channels. */
  public int channels() {
    return weight.rows();
  }

  /** Tokens that a result depends on. */
  public int kernel() {
    return weight.cols();
  }

  /** Bytes of the state: the last {@code kernel − 1} inputs. */
  public long stateBytes() {
    return (long) Float.BYTES * channels() * (kernel() - 1);
  }
}
