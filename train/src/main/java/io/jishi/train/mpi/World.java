// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.mpi;

import java.lang.foreign.MemorySegment;

/**
 * The processes that train one model together; every one of them calls the same in the same order.
 */
public interface World extends AutoCloseable {
  /** One process by itself. */
  World ALONE =
      new World() {
        @Override
        public int rank() {
          return 0;
        }

        @Override
        public int size() {
          return 1;
        }

        @Override
        public void sum(MemorySegment floats) {
          // The sum of one.
        }

        @Override
        public double sum(double value) {
          return value;
        }

        @Override
        public void barrier() {
          // Nobody to wait for.
        }

        @Override
        public void close() {
          // Nothing held.
        }
      };

  /** The number of this process, from 0. */
  int rank();

  /** How many there are. */
  int size();

  /** Replaces the floats by their sums over all processes. */
  void sum(MemorySegment floats);

  /** The sum over all processes. */
  double sum(double value);

  /** Waits until all have come here. */
  void barrier();

  /** Whether this process writes files and talks. */
  default boolean first() {
    return rank() == 0;
  }

  @Override
  void close();
}
