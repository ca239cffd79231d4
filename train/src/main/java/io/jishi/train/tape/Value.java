// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * A tensor of a recorded computation and, in the backward pass, its gradient. Its memory is given
 * to it action by action: see {@link MemoryPlanner}.
 */
final class Value {
  final int rows;
  final int cols;

  /** The step that makes it, by number; uses by steps count from there. */
  int producer = -1;

  /** The last step that reads it forwards; {@link Integer#MAX_VALUE} where a loss does. */
  int lastReader = -1;

  int readers;

  /** Whether anything that learns stands behind it. */
  boolean learns;

  /** Whose gradient's memory this one shares; itself where none. */
  Value gradientOwner = this;

  /** Whether the gradient takes the place of this value's own data. */
  boolean gradientInPlace;

  private Tensor data;
  private MemorySegment gradient;
  private boolean filled;

  Value(int rows, int cols) {
    this.rows = rows;
    this.cols = cols;
  }

  long bytes() {
    return Tensor.bytes(rows, cols);
  }

  /** The end of the chain of owners. */
  Value owner() {
    Value v = this;
    while (v.gradientOwner != v) {
      v = v.gradientOwner;
    }
    return v;
  }

  void bindData(Tensor tensor) {
    data = tensor;
  }

  void bindGradient(MemorySegment memory) {
    gradient = memory;
  }

  Tensor tensor() {
    return data;
  }

  MemorySegment data() {
    return data.data();
  }

  MemorySegment gradient() {
    return owner().gradient;
  }

  /** Whether the next contribution is to be added to the gradient; else it replaces it. */
  boolean fill() {
    boolean before = filled;
    filled = true;
    return before;
  }

  boolean filled() {
    return filled;
  }

  void clear() {
    filled = false;
  }
}
