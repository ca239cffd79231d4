// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * A buffer of the kind of memory that weights live in, to measure how fast it can be read. For one
 * thread at a time.
 */
public interface MemoryReader extends AutoCloseable {

  /** Reads the whole buffer once, all threads together, and gives the bytes per second. */
  double read();

  /** Gives back the buffer. */
  @Override
  void close();
}
