// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Rows of floats, one a token or a block of them, that grow with the batch. */
final class ScanBuffer implements AutoCloseable {
  private Arena arena = Arena.ofShared();
  private MemorySegment memory = MemorySegment.NULL;
  private int row;

  /** Room for {@code [rows, cols]}; what it held is gone. */
  void resize(int rows, int cols) {
    row = cols;
    long bytes = 4L * rows * cols;
    if (memory.byteSize() < bytes) {
      arena.close();
      arena = Arena.ofShared();
      memory = arena.allocate(bytes, 64);
    }
  }

  MemorySegment memory() {
    return memory;
  }

  /** Floats of a row. */
  int row() {
    return row;
  }

  /** Where a row begins, bytes. */
  long at(int index) {
    return 4L * index * row;
  }

  @Override
  public void close() {
    arena.close();
  }
}
