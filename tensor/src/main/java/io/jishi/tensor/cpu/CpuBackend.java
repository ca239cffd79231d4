// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Packing;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.scalar.ProductMeter;
import io.jishi.tensor.cpu.scalar.ScalarOps;
import java.lang.foreign.Arena;

/** The processors of this machine. */
public final class CpuBackend implements Backend {
  /** The one backend; the team of threads is one per process too. */
  public static final CpuBackend INSTANCE = new CpuBackend();

  private static final int CACHE_LINE = 64;

  private CpuBackend() {}

  @Override
  public String description() {
    return "scalar: plain Java, vectorised by the JIT (this build has no assembled kernels)";
  }

  @Override
  public Weight prepare(Weight stored, Arena arena) {
    if (!stored.type().integer()) {
      return stored; // decoded row by row
    }
    int tile = ScalarOps.TILE;
    long bytes = Packing.packedBytes(stored.type(), stored.rows(), stored.cols(), tile);
    return stored.pack(arena.allocate(bytes, CACHE_LINE), tile);
  }

  @Override
  public Ops ops(int threads) {
    return new ScalarOps(Team.process(), threads == 0 ? threads() : Math.min(threads, threads()));
  }

  @Override
  public double measureProducts(DType type, Precision precision, int threads) {
    boolean integer = precision == Precision.FAST && type.integer();
    return ProductMeter.measure(Team.process(), threads, integer);
  }

  @Override
  public int threads() {
    return Team.process().size();
  }
}
