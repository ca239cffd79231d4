// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.AdamWStep;
import io.jishi.tensor.RotaryTable;
import java.lang.foreign.MemorySegment;

/**
 * What {@link TeamRows} is made of: one thread's loops over floats. Places are counted in floats. A
 * place outside of its memory is an {@link IndexOutOfBoundsException}.
 */
public interface RowSteps extends AutoCloseable {
  /** The largest of n floats. */
  float max(MemorySegment x, long at, int n);

  /** {@code x = e^(x − max)}; returns their sum. */
  float exponentials(MemorySegment x, long at, int n, float max);

  /** {@code x = x · factor}. */
  void scale(MemorySegment x, long at, int n, float factor);

  /**
   * Rows of {@code TrainingRows.rmsNormBackward}.
   *
   * @param at the place of the first row in x, dy and dx
   * @param dGain {@code [n]} floats from {@code gainAt} on: added to
   */
  void rmsNormBackward(
      MemorySegment x,
      MemorySegment gain,
      float eps,
      MemorySegment dy,
      MemorySegment dx,
      boolean add,
      long at,
      MemorySegment dGain,
      long gainAt,
      int rows,
      int n);

  /** {@code y += x} over n floats. */
  void add(MemorySegment x, long at, MemorySegment y, long yAt, int n);

  /** Rows of {@code TrainingRows.siluGateBackward} from row {@code first} on. */
  void siluGateBackward(
      MemorySegment x, MemorySegment dy, MemorySegment dx, long first, int rows, int n);

  /** {@code TrainingRows.adamW} of n weights. */
  void adamW(
      AdamWStep step,
      MemorySegment weights,
      MemorySegment gradients,
      MemorySegment means,
      MemorySegment squares,
      long at,
      int n);

  /** {@code Σ x²}. */
  float squares(MemorySegment x, long at, int n);

  /** {@code TrainingRows.rowDots}. */
  void rowDots(
      MemorySegment a, long aStride, MemorySegment b, long bStride, int rows, int n, float[] out);

  /** {@code TrainingRows.turn}. */
  void turn(MemorySegment x, long stride, int first, int rows, RotaryTable table, boolean back);

  @Override
  void close();
}
