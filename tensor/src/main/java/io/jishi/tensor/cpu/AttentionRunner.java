// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import io.jishi.tensor.Tensor;

/** How one level attends. For one thread at a time. */
public interface AttentionRunner extends AutoCloseable {
  /** A new step: other positions. */
  void begin();

  /**
   * Appends keys and values of the batch's tokens to layer {@code layer} of their states, then
   * attends.
   *
   * @param qkv {@code [tokens, attention.inputWidth()]}
   * @param out {@code [tokens, attention.outputWidth()]}
   */
  void run(
      Team team, int width, Tensor qkv, Attention attention, int layer, Batch batch, Tensor out);

  /** Gives back its memory. */
  @Override
  default void close() {}
}
