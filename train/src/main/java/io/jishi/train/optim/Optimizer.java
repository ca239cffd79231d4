// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.optim;

import java.util.List;

/**
 * Changes what learns by its gradients. The result depends on gradients, state and rate alone, to
 * the bit. For one thread.
 */
public interface Optimizer extends AutoCloseable {
  /**
   * One step.
   *
   * @param learningRate of this step
   * @param gradientScale what gradients are multiplied by first: clipping
   */
  void step(double learningRate, double gradientScale);

  /** Steps made. */
  long steps();

  /** Goes on after {@code steps} steps; {@link #state} is to be that of then. */
  void restore(long steps);

  /** The memory of earlier steps. Together with {@link #steps} it is all there is to save. */
  List<StateBuffer> state();

  /** Bytes of {@link #state} and of what it needs to work. */
  long bytes();

  @Override
  void close();
}
