// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/** The non-linearity of a feed-forward layer. */
public enum Activation {
  /** {@code x · sigmoid(x)} (Elfwing et al. 2017; also called swish). */
  SILU
}
