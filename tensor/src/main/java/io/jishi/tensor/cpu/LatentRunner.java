// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Batch;
import io.jishi.tensor.LatentAttention;
import io.jishi.tensor.Tensor;

/** How one level attends to latent rows. For one thread at a time. */
public interface LatentRunner extends AutoCloseable {
  /** A new step: other positions. */
  void begin();

  /**
   * Appends the rows of the batch's tokens to layer {@code layer} of their states, then attends.
   *
   * @param queries {@code [tokens, attention.queryWidth()]}
   * @param rows {@code [tokens, attention.rowWidth()]}
   * @param out {@code [tokens, attention.outputWidth()]}
   */
  void run(
      Team team,
      int width,
      Tensor queries,
      Tensor rows,
      LatentAttention attention,
      int layer,
      Batch batch,
      Tensor out);

  /** Gives back its memory. */
  @Override
  default void close() {}
}
