// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Backend;
import io.jishi.tensor.BidirectionalAttention;
import io.jishi.tensor.DType;
import io.jishi.tensor.ForwardRows;
import io.jishi.tensor.LatentAttention;
import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.MemoryReader;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Packing;
import io.jishi.tensor.Precision;
import io.jishi.tensor.TileProducts;
import io.jishi.tensor.TrainingRows;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.asm.AttentionShape;
import io.jishi.tensor.cpu.asm.FactorKernels;
import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.asm.Level;
import io.jishi.tensor.cpu.asm.LineKind;
import io.jishi.tensor.cpu.asm.StepKernels;
import io.jishi.tensor.cpu.asm.TileKernels;
import io.jishi.tensor.cpu.asm.WeightMemory;
import io.jishi.tensor.cpu.scalar.AttentionTask;
import io.jishi.tensor.cpu.scalar.BidirectionalTask;
import io.jishi.tensor.cpu.scalar.LatentTask;
import io.jishi.tensor.cpu.scalar.LinearTask;
import io.jishi.tensor.cpu.scalar.ProductMeter;
import io.jishi.tensor.cpu.scalar.Recurrences;
import io.jishi.tensor.cpu.scalar.ScalarMatrixProducts;
import io.jishi.tensor.cpu.scalar.ScalarOps;
import io.jishi.tensor.cpu.scalar.ScalarRowSteps;
import io.jishi.tensor.cpu.scalar.ScalarRows;
import io.jishi.tensor.cpu.scalar.ScalarTileProducts;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;
import java.util.function.Supplier;

/** The processors of this machine. */
public final class CpuBackend implements Backend {
  private static final System.Logger LOG = System.getLogger("io.jishi.tensor");
  private static final int CACHE_LINE = 64;

  /** The one backend; the team of threads is one per process too. */
  public static final CpuBackend INSTANCE = chosen();

  private final Kernels kernels;
  private final TrainingKernels training;
  private final String description;

  private CpuBackend(LevelChoice choice) {
    kernels = choice.level() == Level.SCALAR ? null : new Kernels(choice.level());
    training = kernels == null ? null : new TrainingKernels(choice.level());
    description = choice.level().label() + ": " + choice.reason();
  }

  /** A backend of one level. */
  public CpuBackend(Level level) {
    this(new LevelChoice(level, "asked for", false));
  }

  private static CpuBackend chosen() {
    LevelChoice choice = LevelChoice.make();
    CpuBackend backend = new CpuBackend(choice);
    LOG.log(
        choice.warning() ? System.Logger.Level.WARNING : System.Logger.Level.DEBUG,
        "kernels: {0}",
        backend.description);
    return backend;
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public SegmentAllocator weightMemory(Arena arena) {
    return kernels == null ? arena : new WeightMemory(arena);
  }

  @Override
  public Weight prepare(Weight stored, SegmentAllocator memory) {
    if (!stored.type().integer() && (kernels == null || !stored.type().plain())) {
      return stored; // decoded row by row
    }
    if (kernels != null) {
      return new AsmPacker(kernels).pack(Team.process(), stored, memory);
    }
    long bytes = Packing.packedBytes(stored.type(), stored.rows(), stored.cols(), ScalarOps.TILE);
    return stored.pack(memory.allocate(bytes, CACHE_LINE), ScalarOps.TILE);
  }

  @Override
  public Ops ops(int threads) {
    Team team = Team.process();
    int width = width(threads);
    WorkLog log = new WorkLog();
    Products products = new Fallbacks.NotedProducts(new LinearTask(team.size()), log);
    RowOps rows = new Fallbacks.NotedRows(new ScalarRows(), log);
    AttentionRunner attention = new Fallbacks.NotedAttention(new AttentionTask(team.size()), log);
    RecurrentRunner recurrences = new Fallbacks.NotedRecurrences(new Recurrences(), log);
    LatentRunner latent = new Fallbacks.NotedLatent(new LatentTask(team.size()), log);
    BidirectionalRunner both =
        new Fallbacks.NotedBidirectional(new BidirectionalTask(team.size()), log);
    if (kernels != null) {
      products = new AsmProducts(kernels, products, team.size());
      rows = new AsmRows(kernels, rows, team.size());
      attention = new AsmAttention(kernels, attention, team.size());
      latent = new AsmLatent(kernels, latent, team.size());
      both = new AsmBidirectional(kernels, both, team.size());
      recurrences = new AsmRecurrences(kernels, recurrences, team.size());
    }
    return new ScalarOps(team, width, products, rows, attention, both, latent, recurrences, log);
  }

  @Override
  public void parallel(int chunks, int threads, TrainingRows.Chunk work) {
    Team.process().run(chunks, width(threads), work::run);
  }

  @Override
  public boolean emits(Attention attention) {
    return kernels == null || AttentionShape.of(attention).supported();
  }

  @Override
  public boolean emits(BidirectionalAttention attention) {
    return emits(attention.causal());
  }

  @Override
  public boolean emits(LatentAttention attention) {
    return kernels == null || AttentionShape.of(attention).supported();
  }

  @Override
  public double measureProducts(DType type, Precision precision, int threads) {
    LineKind kind = kernels == null ? null : kernels.lineKind(type, precision);
    if (kind == null) {
      boolean integer = precision == Precision.FAST && type.integer();
      return ProductMeter.measure(Team.process(), threads, integer);
    }
    return AsmMeter.products(kernels, Team.process(), threads, kind);
  }

  @Override
  public boolean productsEstimated(DType type, Precision precision) {
    return kernels == null || kernels.lineKind(type, precision) == null;
  }

  @Override
  public Optional<MemoryReader> memoryReader(long bytes, int threads) {
    return kernels == null
        ? Optional.empty()
        : Optional.of(new AsmReader(kernels, Team.process(), threads, bytes));
  }

  @Override
  public MatrixProducts matrixProducts(int threads, MatrixProducts.Inputs inputs) {
    Team team = Team.process();
    TileKernels tiles = training == null ? null : training.of(inputs);
    return tiles == null
        ? new ScalarMatrixProducts(team, width(threads), inputs)
        : new AsmMatrixProducts(team, width(threads), tiles);
  }

  @Override
  public TileProducts tileProducts(MatrixProducts.Inputs inputs) {
    FactorKernels factors = training == null ? null : training.factors(inputs);
    return factors == null ? new ScalarTileProducts(inputs) : new AsmTileProducts(factors);
  }

  @Override
  public TrainingRows trainingRows(int threads) {
    StepKernels steps = training == null ? null : training.steps();
    Supplier<RowSteps> maker = steps == null ? ScalarRowSteps::new : () -> new AsmRowSteps(steps);
    return new TeamRows(Team.process(), width(threads), maker);
  }

  @Override
  public ForwardRows forwardRows(int threads) {
    Team team = Team.process();
    RowOps rows = new ScalarRows();
    if (kernels != null) {
      rows = new AsmRows(kernels, rows, team.size());
    }
    return new TeamForwardRows(team, width(threads), rows);
  }

  private int width(int threads) {
    return threads == 0 ? threads() : Math.min(threads, threads());
  }

  @Override
  public int threads() {
    return Team.process().size();
  }
}
