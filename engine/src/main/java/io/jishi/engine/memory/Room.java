// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.memory;

import io.jishi.model.MemoryBudget;

/**
 * The memory that is left beside weights.
 *
 * @param bytes that cache and workspace may take; below 0 where not even the weights fit
 * @param limited whether a limit was set; else it is what the machine or its container has
 */
public record Room(long bytes, boolean limited) {
  /** Of the memory that is free; the rest is for the heap and for what others need. */
  public static final double SHARE = 0.9;

  /**
   * Beside weights that are not read yet.
   *
   * @param limit bytes, or 0 for none
   */
  public static Room beforeLoading(long weights, long limit) {
    long left = (limit == 0 ? MemoryBudget.available() : limit) - weights;
    return new Room(limit == 0 ? (long) (SHARE * left) : left, limit != 0);
  }

  /** Beside weights that are in memory. */
  public static Room afterLoading(long weights, long limit) {
    return new Room(
        limit == 0 ? (long) (SHARE * MemoryBudget.available()) : limit - weights, limit != 0);
  }

  /** What is left beside so many bytes more. */
  public Room less(long taken) {
    return new Room(bytes - taken, limited);
  }

  /** How messages say whose memory it is. */
  public String whose() {
    return limited ? "left of the limit" : "free";
  }
}
