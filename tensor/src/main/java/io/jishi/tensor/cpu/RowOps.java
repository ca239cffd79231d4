// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;

/** How one level works on rows of activations. For one thread at a time. */
public interface RowOps extends AutoCloseable {
  /** RMSNorm of each row of {@code x} into {@code out}. */
  void rmsNorm(Team team, int width, Tensor x, Weight gain, float eps, Tensor out);

  /** {@code out[t, i] = act(x[t, i]) · x[t, n + i]}. */
  void gate(Team team, int width, Tensor x, Activation activation, Tensor out);

  /** {@code out = x + y}. */
  void add(Team team, int width, Tensor x, Tensor y, Tensor out);

  /** Gives back its memory. */
  @Override
  default void close() {}
}
