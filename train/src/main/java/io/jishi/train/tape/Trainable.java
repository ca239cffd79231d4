// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A matrix that learns: its name, its values and its gradient, {@code [rows, cols]} floats each. A
 * vector is one row; matrices that one tensor stacks, as those of experts, follow one another.
 */
public final class Trainable {
  private final String name;
  private final int rows;
  private final int cols;
  private final int stacked;
  private final MemorySegment data;
  private final MemorySegment gradient;
  private final List<Weight> readers = new ArrayList<>();
  private final List<Copy> copies = new ArrayList<>();

  /** The tensor of which this is a part; null where it is one itself. */
  private final Trainable whole;

  private boolean filled;

  Trainable(String name, int rows, int cols, int stacked, Arena arena) {
    this.name = name;
    this.rows = rows;
    this.cols = cols;
    this.stacked = stacked;
    this.whole = null;
    data = arena.allocate(4L * rows * cols, 64);
    gradient = arena.allocate(4L * rows * cols, 64);
  }

  /** A copy of floats that a decoder reads, with a gradient of its own. */
  Trainable(Weight copy, Arena arena) {
    this.name = copy.name();
    this.rows = copy.rows();
    this.cols = copy.cols();
    this.stacked = 1;
    this.whole = null;
    data = copy.data();
    gradient = arena.allocate(4L * rows * cols, 64);
  }

  /** A part of a tensor, from float {@code first} on: its gradient is a part of that one's. */
  Trainable(Trainable whole, Weight part, long first) {
    this.name = part.name();
    this.rows = part.rows();
    this.cols = part.cols();
    this.stacked = 1;
    this.whole = whole;
    data = part.data();
    gradient = whole.gradient.asSlice(4 * first, 4L * rows * cols);
    whole.readBy(part);
  }

  /** The tensor's name in its model. */
  public String name() {
    return name;
  }

  /** Outputs; 1 of a vector. */
  public int rows() {
    return rows;
  }

  /** Inputs. */
  public int cols() {
    return cols;
  }

  /** Matrices that stand below one another in it, of {@code rows / stacked} rows each. */
  public int stacked() {
    return stacked;
  }

  /** Number of values. */
  public long count() {
    return (long) rows * cols;
  }

  /** Whether this is a matrix: vectors (gains, biases) are trained with other rules. */
  public boolean matrix() {
    return rows > 1;
  }

  /** The values. Who writes to them calls {@link #changed} then. */
  public MemorySegment data() {
    return data;
  }

  /** The gradient of the losses since the last step. */
  public MemorySegment gradient() {
    return gradient;
  }

  /** Says that values were written. */
  public void changed() {
    readers.forEach(Weight::changed);
    copies.forEach(Copy::refresh);
  }

  /** Remembers a copy that is to follow. */
  void copiedBy(Copy copy) {
    copies.add(copy);
  }

  /** Remembers a weight over the same memory, so that its version follows. */
  void readBy(Weight weight) {
    if (whole == null && !readers.contains(weight)) {
      readers.add(weight);
    }
  }

  /** Whether the next contribution is to be added to the gradient; else it replaces it. */
  public boolean fill() {
    if (whole != null) {
      whole.summed();
      return true;
    }
    boolean before = filled;
    filled = true;
    return before;
  }

  /** The gradient, zero where nothing was added yet: for contributions that only add. */
  public MemorySegment summed() {
    if (!fill()) {
      gradient.fill((byte) 0);
    }
    return gradient;
  }

  boolean filled() {
    return filled;
  }

  /** Forgets the gradient. */
  void clear() {
    filled = false;
  }

  @Override
  public String toString() {
    return name + " [" + rows + ", " + cols + "]";
  }
}
