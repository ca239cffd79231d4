// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Runs the loops of {@link Meters}. One for each thread. */
public final class MeterCall {
  private final MemorySegment arguments;
  private final Kernels kernels;

  /** A caller whose arguments live as long as {@code arena}. */
  public MeterCall(Kernels kernels, Arena arena) {
    this.kernels = kernels;
    arguments = arena.allocate(8L * Arguments.COUNT, 64);
  }

  /**
   * Multiplies registers.
   *
   * @param rounds at least one
   * @return the multiplications and additions done
   */
  public double products(LineKind kind, int rounds) {
    if (rounds <= 0) {
      throw new IllegalArgumentException(rounds + " rounds");
    }
    set(Arguments.BLOCKS, rounds);
    kernels.productMeter(kind).call(arguments);
    return (double) rounds * Meters.operations(kernels.level(), kind);
  }

  /** Reads memory, in whole units of 512 bytes. */
  public void read(MemorySegment memory) {
    long rounds = memory.byteSize() / Meters.READ_BYTES;
    if (rounds > 0) {
      set(Arguments.WEIGHTS, memory.address());
      set(Arguments.BLOCKS, rounds);
      kernels.readMeter().call(arguments);
    }
  }

  private void set(int index, long value) {
    arguments.set(ValueLayout.JAVA_LONG, 8L * index, value);
  }
}
