// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.optim;

import io.jishi.train.tape.Trainable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The memory of one optimiser: buffers as large as what learns, zero at the start. */
final class Moments implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final List<StateBuffer> buffers = new ArrayList<>();
  private long scratch;

  /** A buffer that belongs to the state. */
  MemorySegment add(Trainable of, String what) {
    MemorySegment data = arena.allocate(4 * of.count(), 64);
    buffers.add(new StateBuffer(of.name() + "." + what, of.rows(), of.cols(), data));
    return data;
  }

  /** Memory that does not. */
  MemorySegment scratch(long floats) {
    scratch += 4 * floats;
    return arena.allocate(Math.max(4, 4 * floats), 64);
  }

  List<StateBuffer> buffers() {
    return List.copyOf(buffers);
  }

  long bytes() {
    return scratch + buffers.stream().mapToLong(b -> b.data().byteSize()).sum();
  }

  @Override
  public void close() {
    arena.close();
  }
}
