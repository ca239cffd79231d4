// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Packing;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.asm.Level;
import io.jishi.tensor.cpu.scalar.AttentionTask;
import io.jishi.tensor.cpu.scalar.LinearTask;
import io.jishi.tensor.cpu.scalar.ProductMeter;
import io.jishi.tensor.cpu.scalar.ScalarOps;
import java.lang.foreign.Arena;

/** The processors of this machine. */
public final class CpuBackend implements Backend {
  /** The one backend; the team of threads is one per process too. */
  public static final CpuBackend INSTANCE = new CpuBackend(Cpu.best());

  private static final int CACHE_LINE = 64;
  private static final int SCALAR_TILE = 128;

  private final Kernels kernels;

  /** A backend of one level. */
  public CpuBackend(Level level) {
    kernels = level == Level.SCALAR ? null : new Kernels(level);
  }

  @Override
  public String description() {
    return kernels == null
        ? "scalar: plain Java, vectorised by the JIT"
        : kernels.level().label() + ": kernels assembled for this processor";
  }

  @Override
  public Weight prepare(Weight stored, Arena arena) {
    if (kernels == null && stored.type().plain() || !Packing.packable(stored.type())) {
      return stored;
    }
    int tile = kernels == null ? SCALAR_TILE : AsmProducts.TILE;
    long bytes = Packing.packedBytes(stored.type(), stored.rows(), stored.cols(), tile);
    return stored.pack(arena.allocate(bytes, CACHE_LINE), tile);
  }

  @Override
  public Ops ops(int threads) {
    Team team = Team.process();
    int width = threads == 0 ? threads() : Math.min(threads, threads());
    Products products = new LinearTask(team.size());
    AttentionRunner attention = new AttentionTask(team.size());
    if (kernels != null) {
      products = new AsmProducts(kernels, products, team.size());
      attention = new AsmAttention(kernels, attention, team.size());
    }
    return new ScalarOps(team, width, products, attention);
  }

  @Override
  public double measureProducts(DType type, Precision precision, int threads) {
    boolean integer = precision == Precision.FAST && !type.plain();
    return ProductMeter.measure(Team.process(), threads, integer);
  }

  @Override
  public int threads() {
    return Team.process().size();
  }
}
