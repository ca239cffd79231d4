// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import java.lang.foreign.MemorySegment;

/**
 * The states of a recurrence, wanted from last to first: those at every {@link #SEGMENT}th token
 * are kept, the others of a segment are computed again (Chen et al. 2016).
 */
final class Trail {
  /** Tokens between kept states. */
  static final int SEGMENT = 32;

  /** Takes a state through one token. */
  @FunctionalInterface
  interface Forward {
    void run(float[] state, int token);
  }

  /** Does what is to be done with the states before and behind one token. */
  @FunctionalInterface
  interface Backward {
    void run(float[] before, float[] behind, int token);
  }

  private final MemorySegment memory;
  private final int size;

  /**
   * Over scratch memory of {@link #bytes}.
   *
   * @param size floats of a state
   */
  Trail(MemorySegment memory, int size) {
    this.memory = memory;
    this.size = size;
  }

  static long bytes(int tokens, int size) {
    return 4L * size * (Math.ceilDiv(tokens, SEGMENT) + SEGMENT + 1L);
  }

  /**
   * Goes from token {@code start} to {@code end} and back.
   *
   * @param state zero at the start
   * @param spare as long
   */
  void walk(int start, int end, float[] state, float[] spare, Forward forward, Backward backward) {
    long local = 0;
    long kept = SEGMENT + 1L;
    java.util.Arrays.fill(state, 0, size, 0);
    for (int t = start; t < end; t++) {
      if ((t - start) % SEGMENT == 0) {
        Rows.write(state, memory, (kept + (t - start) / SEGMENT) * size, size);
      }
      forward.run(state, t);
    }
    for (int first = start + (end - start - 1) / SEGMENT * SEGMENT;
        first >= start;
        first -= SEGMENT) {
      int last = Math.min(end, first + SEGMENT);
      Rows.read(memory, (kept + (first - start) / SEGMENT) * size, state, size);
      Rows.write(state, memory, local, size);
      for (int t = first; t < last; t++) {
        forward.run(state, t);
        Rows.write(state, memory, (long) (t - first + 1) * size, size);
      }
      for (int t = last - 1; t >= first; t--) {
        Rows.read(memory, (long) (t - first) * size, spare, size);
        Rows.read(memory, (long) (t - first + 1) * size, state, size);
        backward.run(spare, state, t);
      }
    }
  }
}
