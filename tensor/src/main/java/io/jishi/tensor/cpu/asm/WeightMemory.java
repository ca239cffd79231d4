// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory that weights live in, and what is told to the system about it. */
public final class WeightMemory {
  private static final int CACHE_LINE = 64;

  private WeightMemory() {}

  /** Memory on huge pages where the system has them, else on ordinary ones. */
  public static MemorySegment allocate(long bytes, Arena arena) {
    return Native.hugePages(bytes, arena).orElseGet(() -> arena.allocate(bytes, CACHE_LINE));
  }

  /** Lets go of the resident pages of a part of a mapped file. */
  public static void release(MemorySegment mapped) {
    if (mapped.isMapped()) {
      Native.releasePages(mapped);
    }
  }
}
