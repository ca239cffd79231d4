// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * The waist's work on rows with the result where the caller wants it: the same bits as {@link Ops}
 * gives. For a tape, which owns the memory of its values. For one thread at a time.
 */
public interface ForwardRows extends AutoCloseable {
  /**
   * {@link Ops#rmsNorm} into {@code out}, which has the shape of {@code x}.
   *
   * @throws IllegalArgumentException where shapes do not agree, here and below
   */
  void rmsNorm(Tensor x, Weight gain, float eps, Tensor out);

  /** {@link Ops#gate} of {@code x [rows, 2n]} into {@code out [rows, n]}. */
  void gate(Tensor x, Activation activation, Tensor out);

  /** {@link Ops#add} into {@code out}. */
  void add(Tensor a, Tensor b, Tensor out);

  /** Gives back all memory. */
  @Override
  void close();
}
