// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Gives places in one block of memory to what lives from one moment to another: the largest first,
 * each at the lowest place that is free all its life.
 */
final class MemoryPlanner {
  private static final long ALIGNMENT = 64;

  private final List<Life> lives = new ArrayList<>();
  private long total;

  /** Something that takes memory for a while. */
  static final class Life {
    private final long bytes;
    private int from;
    private int to;
    private long offset;

    private Life(long bytes, int from, int to) {
      this.bytes = bytes;
      this.from = from;
      this.to = to;
    }

    /** Makes it live at that moment too. */
    void include(int moment) {
      from = Math.min(from, moment);
      to = Math.max(to, moment);
    }

    long offset() {
      return offset;
    }

    long bytes() {
      return bytes;
    }

    private boolean meets(Life other) {
      return from <= other.to && other.from <= to;
    }
  }

  /** Something that lives from one moment to another, both included. */
  Life life(long bytes, int from, int to) {
    Life life = new Life(Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT, from, to);
    lives.add(life);
    return life;
  }

  /** Places all. */
  long place() {
    List<Life> bySize = new ArrayList<>(lives);
    bySize.sort(Comparator.comparingLong(Life::bytes).reversed()); // stable: the order is fixed
    List<Life> placed = new ArrayList<>();
    for (Life life : bySize) {
      life.offset = lowest(life, placed);
      total = Math.max(total, life.offset + life.bytes);
      placed.add(life);
      placed.sort(Comparator.comparingLong(Life::offset));
    }
    return total;
  }

  private static long lowest(Life life, List<Life> placed) {
    long at = 0;
    for (Life other : placed) {
      if (other.meets(life)) {
        if (other.offset >= at + life.bytes) {
          break;
        }
        at = Math.max(at, other.offset + other.bytes);
      }
    }
    return at;
  }
}
