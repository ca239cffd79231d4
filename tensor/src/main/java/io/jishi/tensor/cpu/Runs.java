// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Chunks that threads share: each has a run of neighbours and takes the first half of what is left
 * of it at a time, since memory is read fastest in one stream; when that is done it takes chunks
 * from the ends of the others' runs, so that a processor that others use only takes fewer.
 */
final class Runs {
  /** Longs between what two threads write: two cache lines. */
  private static final int SPREAD = 16;

  /** Of thread w, at {@code (w + 1) · SPREAD}: the chunks left, the first one in the high half. */
  private final AtomicLongArray left;

  private int threads;

  /** No chunks yet, for so many threads at most. */
  Runs(int most) {
    left = new AtomicLongArray((most + 1) * SPREAD);
  }

  /** Gives out chunks {@code 0 … count − 1}, while nobody takes any. */
  void share(int count, int threads) {
    this.threads = threads;
    for (int w = 0; w < threads; w++) {
      long from = (long) count * w / threads;
      long to = (long) count * (w + 1) / threads;
      left.set(place(w), from << 32 | to);
    }
  }

  /** Takes back all that nobody took yet. */
  void clear() {
    for (int w = 0; w < threads; w++) {
      left.set(place(w), 0);
    }
  }

  /** Chunks for a thread, {@link #from} and {@link #to} of it; 0 where none are left. */
  long next(int worker) {
    for (int i = 0; i < threads; i++) {
      long run = take(place((worker + i) % threads), i == 0);
      if (run != 0) {
        return run;
      }
    }
    return 0;
  }

  /** The first of a run's chunks. */
  static int from(long run) {
    return (int) (run >>> 32);
  }

  /** The end of a run, its last chunk and one. */
  static int to(long run) {
    return (int) run;
  }

  private static int place(int worker) {
    return (worker + 1) * SPREAD;
  }

  private long take(int at, boolean own) {
    while (true) {
      long range = left.get(at);
      long from = from(range);
      int to = to(range);
      if (from >= to) {
        return 0;
      }
      long border = own ? from + (to - from + 1) / 2 : to - 1;
      long first = from << 32 | border;
      long second = border << 32 | to;
      if (left.compareAndSet(at, range, own ? second : first)) {
        return own ? first : second;
      }
    }
  }
}
