// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/**
 * Memory that weights live in: on huge pages where the system has them, else on ordinary ones. The
 * weights of a model follow one another in slabs, since each on huge pages of its own would leave
 * its end on small ones, which are read a fifth slower. A slab's pages are taken when they are
 * written. For one thread at a time.
 */
public final class WeightMemory implements SegmentAllocator {
  private static final int CACHE_LINE = 64;
  private static final long SLAB_BYTES = 256L << 20;

  private final Arena arena;
  private MemorySegment slab = MemorySegment.NULL;
  private long used;

  /** Memory that lives as long as {@code arena}. */
  public WeightMemory(Arena arena) {
    this.arena = arena;
  }

  @Override
  public MemorySegment allocate(long bytes, long alignment) {
    if (bytes >= SLAB_BYTES) {
      return allocate(bytes, arena);
    }
    long unit = Math.max(CACHE_LINE, alignment);
    long from = (used + unit - 1) / unit * unit;
    if (from + bytes > slab.byteSize()) {
      Optional<MemorySegment> fresh = Native.hugePages(SLAB_BYTES, arena);
      if (fresh.isEmpty()) {
        return arena.allocate(bytes, unit);
      }
      slab = fresh.get();
      from = 0;
    }
    used = from + bytes;
    return slab.asSlice(from, bytes);
  }

  /** One piece of memory. */
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
