// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;

/** How one level works on rows of activations. For one thread at a time. */
public interface RowOps extends AutoCloseable {
  /** RMSNorm of each row of {@code x} into {@code out}. */
  void rmsNorm(Team team, int width, Tensor x, Weight gain, float eps, Tensor out);

  /** Any other norm of rows or of groups of their columns. */
  void norm(Team team, int width, Tensor x, Norm norm, Tensor out);

  /** {@code out[t, i] = act(x[t, i]) · x[t, n + i]}. */
  void gate(Team team, int width, Tensor x, Activation activation, Tensor out);

  /** {@code out = act(x)}. */
  void activate(Team team, int width, Tensor x, Activation activation, Tensor out);

  /** {@code out = x + y}. */
  void add(Team team, int width, Tensor x, Tensor y, Tensor out);

  /** {@code out = x ⊙ y}; where {@code y} has one column, it multiplies the whole row. */
  void multiply(Team team, int width, Tensor x, Tensor y, Tensor out);

  /** {@code out = factor · x}. */
  void scale(Team team, int width, Tensor x, float factor, Tensor out);

  /** {@code out = cap · tanh(x / cap)}. */
  void softCap(Team team, int width, Tensor x, float cap, Tensor out);

  /**
   * {@code out[rows[i]] = fma(factors[i], y[i], out[rows[i]])} for the first {@code count} rows of
   * {@code y}; no row twice.
   */
  void addScaled(
      Team team, int width, Tensor y, int count, int[] rows, float[] factors, Tensor out);

  /** Gives back its memory. */
  @Override
  default void close() {}
}
