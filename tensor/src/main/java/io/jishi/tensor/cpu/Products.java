// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Linear;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import java.util.List;

/** How one level multiplies activations and weights. For one thread at a time. */
public interface Products extends AutoCloseable {
  /** Computes {@code out [tokens, linear.out()]} from {@code x [tokens, linear.in()]}. */
  void run(Team team, int width, Tensor x, Linear linear, Precision precision, Tensor out);

  /**
   * Computes {@link io.jishi.tensor.Ops#headLinear} at once, where there is a way; the same bits as
   * head by head.
   *
   * @return whether it has
   */
  default boolean heads(
      Team team, int width, Tensor x, List<Linear> heads, Precision precision, Tensor out) {
    return false;
  }

  /** Gives back its memory. */
  @Override
  default void close() {}
}
