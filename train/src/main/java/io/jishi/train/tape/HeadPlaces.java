// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import java.lang.foreign.MemorySegment;

/**
 * Where the heads of one kind (queries, keys, values, results, or their gradients) lie.
 *
 * @param data rows of tokens
 * @param stride floats from token to token
 * @param first column of the first head
 * @param dim values of a head; heads stand {@code apart} columns from each other
 */
record HeadPlaces(MemorySegment data, int stride, int first, int apart, int dim) {
  /** Heads side by side. */
  HeadPlaces(MemorySegment data, int stride, int first, int dim) {
    this(data, stride, first, dim, dim);
  }

  /** One head of a token, and by the stride of those behind it. */
  MemorySegment at(int token, int head) {
    return WeightProducts.from(data, (long) token * stride + first + (long) head * apart);
  }

  /** Makes one head of tokens zero. */
  void clear(int from, int to, int head) {
    for (int t = from; t < to; t++) {
      at(t, head).asSlice(0, 4L * dim).fill((byte) 0);
    }
  }
}
