// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Batch;
import io.jishi.tensor.Convolution;
import io.jishi.tensor.DeltaRule;
import io.jishi.tensor.StateSpace;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.WeightedMean;

/**
 * How one level runs recurrent operations: token by token, so that no cut of a prompt changes a
 * bit. All levels keep states in one layout ({@link RecurrentLayout}). For one thread at a time.
 */
public interface RecurrentRunner extends AutoCloseable {
  /** {@link io.jishi.tensor.Ops#convolve} into {@code out}. */
  void convolve(
      Team team, int width, Tensor x, Convolution spec, int layer, Batch batch, Tensor out);

  /** {@link io.jishi.tensor.Ops#stateSpace} into {@code out}. */
  void stateSpace(
      Team team,
      int width,
      Tensor xbc,
      Tensor dt,
      StateSpace spec,
      int layer,
      Batch batch,
      Tensor out);

  /** {@link io.jishi.tensor.Ops#deltaRule} into {@code out}. */
  void deltaRule(
      Team team,
      int width,
      Tensor qkv,
      Tensor a,
      Tensor b,
      DeltaRule spec,
      int layer,
      Batch batch,
      Tensor out);

  /** {@link io.jishi.tensor.Ops#weightedMean} into {@code out}. */
  void weightedMean(
      Team team,
      int width,
      Tensor keys,
      Tensor values,
      WeightedMean spec,
      int layer,
      Batch batch,
      Tensor out);

  /** Gives back its memory. */
  @Override
  default void close() {}
}
