// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.IdentityHashMap;
import java.util.Map;

/** Vectors as kernels take them, padded to whole tiles; copied again where training changed one. */
final class PaddedCopies {
  private final Arena arena;
  private final Map<Weight, Copy> copies = new IdentityHashMap<>();

  private static final class Copy {
    private final MemorySegment memory;
    private long version;

    private Copy(MemorySegment memory, long version) {
      this.memory = memory;
      this.version = version;
    }
  }

  PaddedCopies(Arena arena) {
    this.arena = arena;
  }

  /** The copy of a vector. */
  MemorySegment of(Weight vector) {
    Copy copy = copies.get(vector);
    long version = vector.version();
    if (copy == null) {
      copy = new Copy(AsmWorker.padded(arena, vector), version);
      copies.put(vector, copy);
    } else if (copy.version != version) {
      float[] values = new float[vector.cols()];
      vector.vector(values);
      MemorySegment.copy(values, 0, copy.memory, ValueLayout.JAVA_FLOAT, 0, values.length);
      copy.version = version;
    }
    return copy.memory;
  }
}
