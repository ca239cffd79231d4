// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Batch;
import io.jishi.tensor.BidirectionalAttention;
import io.jishi.tensor.Tensor;

/** How one level attends in both directions. For one thread at a time. */
public interface BidirectionalRunner extends AutoCloseable {
  /** A new step: other positions. */
  void begin();

  /**
   * Attends within each sequence of the batch.
   *
   * @param qkv {@code [tokens, attention.inputWidth()]}
   * @param out {@code [tokens, attention.outputWidth()]}
   */
  void run(
      Team team, int width, Tensor qkv, BidirectionalAttention attention, Batch batch, Tensor out);

  /** Gives back its memory. */
  @Override
  default void close() {}
}
