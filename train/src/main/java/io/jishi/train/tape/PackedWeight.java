// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.MatrixProducts.Right;
import io.jishi.tensor.Weight;
import java.lang.foreign.MemorySegment;

/**
 * A weight {@code [out, in]} that many parts of a batch are multiplied with, one after another: its
 * floats are packed once for all of them, where they are read where they lie and do not take too
 * much memory twice. Results are those of {@link WeightProducts}, to the bit.
 */
public final class PackedWeight {
  /** The most that a weight may take packed, for each direction. */
  private static final long MOST_BYTES = 32 << 20;

  private static final long ALIGNMENT = 64;

  private final Machine machine;
  private final Weight weight;
  private final Right forward;
  private final Right input;

  private PackedWeight(Machine machine, Weight weight, Right forward, Right input) {
    this.machine = machine;
    this.weight = weight;
    this.forward = forward;
    this.input = input;
  }

  /**
   * Bytes of scratch memory that {@link #of} takes, wherever it begins.
   *
   * @param parts how many products of each kind are to come; one is not worth packing
   */
  public static long scratchBytes(Machine machine, Weight weight, int parts) {
    if (!packs(machine, weight, parts)) {
      return 0;
    }
    return forwardBytes(machine, weight) + inputBytes(machine, weight) + 2 * ALIGNMENT;
  }

  private static boolean packs(Machine machine, Weight weight, int parts) {
    return parts > 1
        && WeightProducts.direct(weight)
        && forwardBytes(machine, weight) <= MOST_BYTES
        && inputBytes(machine, weight) <= MOST_BYTES;
  }

  private static long forwardBytes(Machine machine, Weight weight) {
    return machine.products().packedBytes(weight.rows(), weight.cols());
  }

  private static long inputBytes(Machine machine, Weight weight) {
    return machine.products().packedBytes(weight.cols(), weight.rows());
  }

  /**
   * Packs a weight, which may not change as long as the result is used.
   *
   * @param parts how many products of each kind are to come
   * @param learning whether gradients of inputs are wanted
   * @param at where in the machine's scratch memory it may be
   */
  public static PackedWeight of(
      Machine machine, Weight weight, int parts, boolean learning, long at) {
    if (!packs(machine, weight, parts)) {
      return new PackedWeight(machine, weight, null, null);
    }
    MatrixProducts products = machine.products();
    int out = weight.rows();
    int in = weight.cols();
    long bytes = forwardBytes(machine, weight);
    long place = aligned(at);
    Right forward = products.pack(out, in, weight.data(), 1, in, machine.scratch(place, bytes));
    Right input = null;
    if (learning) {
      MemorySegment rest = machine.scratch(aligned(place + bytes), inputBytes(machine, weight));
      input = products.pack(in, out, weight.data(), in, 1, rest);
    }
    return new PackedWeight(machine, weight, forward, input);
  }

  private static long aligned(long at) {
    return (at + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** {@code y[t, o] = Σ_i x[t, i] · w[o, i]}; x is {@code [rows, in]}, y {@code [rows, out]}. */
  public void forward(int rows, MemorySegment x, MemorySegment y) {
    if (forward == null) {
      WeightProducts.forward(machine, rows, x, weight, y, weight.rows(), false);
      return;
    }
    machine.products().multiply(rows, x, weight.cols(), 1, forward, null, 0, y, weight.rows());
  }

  /**
   * {@code dx[t, i] (+)= Σ_o dy[t, o] · w[o, i]}; dy is {@code [rows, out]}, dx {@code [rows, in]}.
   *
   * @param add whether to add to dx rather than to replace it
   */
  public void input(int rows, MemorySegment dy, MemorySegment dx, boolean add) {
    if (input == null) {
      WeightProducts.input(machine, rows, dy, weight.rows(), weight, dx, add);
      return;
    }
    int in = weight.cols();
    machine
        .products()
        .multiply(rows, dy, weight.rows(), 1, input, add ? dx : null, add ? in : 0, dx, in);
  }
}
