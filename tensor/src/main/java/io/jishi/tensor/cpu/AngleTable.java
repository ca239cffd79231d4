// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Batch;
import io.jishi.tensor.Rope;
import io.jishi.tensor.RotaryTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Cosines and sines of one step's positions for one rotary embedding, as kernels take them: made
 * once a step for all layers, at some 50 ns a pair.
 */
final class AngleTable implements AutoCloseable {
  private Arena arena = Arena.ofShared();
  private MemorySegment memory = MemorySegment.NULL;
  private Rope rope;
  private int width;

  /** Whose angles they are; null at the start of a step. */
  Rope rope() {
    return rope;
  }

  /** Forgets the positions of the step before. */
  void begin() {
    rope = null;
  }

  /** Makes the table of a step. */
  void prepare(Rope of, Batch batch) {
    width = RotaryTable.width(of);
    resize(8L * width * batch.size());
    for (int t = 0; t < batch.size(); t++) {
      long row = 2L * t * width;
      for (int i = 0; i < of.dims() / 2; i++) {
        int place = batch.place(t, of.axis(i));
        RotaryTable.write(of, i, place, memory, row, memory, row + width);
      }
    }
    rope = of;
  }

  private void resize(long bytes) {
    if (memory.byteSize() < bytes) {
      arena.close();
      arena = Arena.ofShared();
      memory = arena.allocate(bytes, 64);
    }
  }

  MemorySegment memory() {
    return memory;
  }

  /** Where the angles of a token begin. */
  long offset(int token) {
    return 8L * width * token;
  }

  @Override
  public void close() {
    arena.close();
  }
}
