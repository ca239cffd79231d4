// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.util.function.Supplier;

/** The recurrent kernels of one level, each emitted when it is first asked for. For all threads. */
public final class ScanSet {
  private final Level level;
  private final Kernel[] convolutions = new Kernel[ScanKernels.MOST_TAPS + 1];
  private final Kernel[] spaces = new Kernel[2];
  private final Kernel[] deltas = new Kernel[2 * DeltaKernel.MOST + 2];
  private final Kernel[] mean = new Kernel[1];

  ScanSet(Level level) {
    this.level = level;
  }

  /** A convolution over so many tokens; null where there is none. */
  public synchronized Kernel convolution(int taps) {
    return taps < 2 || taps > ScanKernels.MOST_TAPS
        ? null
        : kept(convolutions, taps, "convolution", () -> ScanKernels.convolution(level, taps));
  }

  /** A state space; see {@link ScanKernels#stateSpace}. */
  public synchronized Kernel stateSpace(boolean each) {
    return kept(spaces, each ? 1 : 0, "state space", () -> ScanKernels.stateSpace(level, each));
  }

  /** The weighted mean. */
  public synchronized Kernel mean() {
    return kept(mean, 0, "weighted mean", () -> ScanKernels.mean(level));
  }

  /** The delta rule of heads of {@code valueDim} values, a multiple of 16. */
  public synchronized Kernel delta(int valueDim, boolean rows) {
    int vectors = vectors(valueDim);
    return kept(
        deltas,
        2 * vectors + (rows ? 1 : 0),
        "delta rule",
        () -> DeltaKernel.make(level, vectors, rows));
  }

  /** Bytes of a strip of the delta rule. */
  int stripBytes(int valueDim) {
    return vectors(valueDim) * level.bytes();
  }

  private int vectors(int valueDim) {
    int vectors = DeltaKernel.MOST;
    while (4 * valueDim % (vectors * level.bytes()) != 0) {
      vectors /= 2;
    }
    return vectors;
  }

  private static Kernel kept(Kernel[] kernels, int index, String name, Supplier<byte[]> code) {
    Kernel old = kernels[index];
    return old != null ? old : (kernels[index] = Kernels.load(name, code.get()));
  }
}
