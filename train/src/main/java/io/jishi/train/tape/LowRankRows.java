// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import java.lang.foreign.MemorySegment;

/**
 * The two small products of an adapter over rows of which nothing is kept: what lies between A and
 * B is computed again where a gradient needs it.
 *
 * @param at where scratch of {@code 2 · rows · rank} floats begins
 */
record LowRankRows(Machine m, LowRank adapter, int rows, long at) {
  private int rank() {
    return adapter.a().rows();
  }

  private int in() {
    return adapter.a().cols();
  }

  private int out() {
    return adapter.b().rows();
  }

  /** {@code scale · A x}. */
  private MemorySegment low(MemorySegment x) {
    MemorySegment low = m.scratch(at, 4L * rows * rank());
    m.products()
        .multiply(rows, rank(), in(), x, in(), 1, adapter.a().data(), 1, in(), low, rank(), false);
    Rows.addScaled(m, low, low, rows, rank(), adapter.scale(), false);
    return low;
  }

  /** {@code scale · Bᵀ dy}. */
  private MemorySegment dLow(MemorySegment dy, int stride) {
    MemorySegment low = m.scratch(at + 4L * rows * rank(), 4L * rows * rank());
    MemorySegment b = adapter.b().data();
    m.products().multiply(rows, rank(), out(), dy, stride, 1, b, rank(), 1, low, rank(), false);
    Rows.addScaled(m, low, low, rows, rank(), adapter.scale(), false);
    return low;
  }

  /** Adds {@code scale · B A x} to y. */
  void forward(MemorySegment x, MemorySegment y, int stride) {
    MemorySegment b = adapter.b().data();
    m.products().multiply(rows, out(), rank(), low(x), rank(), 1, b, 1, rank(), y, stride, true);
  }

  /** The gradients of A and B. */
  void weights(MemorySegment dy, int stride, MemorySegment x) {
    WeightProducts.weight(m, rows, dy, stride, low(x), adapter.b());
    WeightProducts.weight(m, rows, dLow(dy, stride), rank(), x, adapter.a());
  }

  /** Adds the gradient of x. */
  void input(MemorySegment dy, int stride, MemorySegment dx) {
    MemorySegment a = adapter.a().data();
    m.products()
        .multiply(rows, in(), rank(), dLow(dy, stride), rank(), 1, a, in(), 1, dx, in(), true);
  }
}
