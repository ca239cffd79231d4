// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.cpu.asm.FactorKernels;
import io.jishi.tensor.cpu.asm.Level;
import io.jishi.tensor.cpu.asm.StepKernels;
import io.jishi.tensor.cpu.asm.TileKernels;
import io.jishi.tensor.cpu.scalar.ScalarMatrixProducts;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** The kernels of training of one level, tried before their first use. For all threads. */
final class TrainingKernels {
  private static final System.Logger LOG = System.getLogger("io.jishi.tensor");

  /** BF16 products round twice a pair; others are the scalar ones to the bit. */
  private static final float ERROR = 1e-2f;

  private final Level level;
  private final Map<MatrixProducts.Inputs, Optional<TileKernels>> tiles =
      new EnumMap<>(MatrixProducts.Inputs.class);

  private final Map<MatrixProducts.Inputs, Optional<FactorKernels>> factors =
      new EnumMap<>(MatrixProducts.Inputs.class);

  private Optional<StepKernels> steps;

  TrainingKernels(Level level) {
    this.level = level;
  }

  /** Kernels of matrix products; null where plain Java has to do. */
  synchronized TileKernels of(MatrixProducts.Inputs inputs) {
    return tiles.computeIfAbsent(inputs, this::tried).orElse(null);
  }

  /** Kernels of attention's tiles; null where plain Java has to do. */
  synchronized FactorKernels factors(MatrixProducts.Inputs inputs) {
    return factors.computeIfAbsent(inputs, this::triedFactors).orElse(null);
  }

  private Optional<FactorKernels> triedFactors(MatrixProducts.Inputs inputs) {
    FactorKernels kernels = new FactorKernels(level, inputs == MatrixProducts.Inputs.BF16);
    if (FactorTrial.passes(kernels, inputs)) {
      return Optional.of(kernels);
    }
    LOG.log(
        System.Logger.Level.WARNING,
        "tiles of attention of {0} in {1} fail their self-test: training runs them in plain Java",
        inputs,
        level.label());
    return Optional.empty();
  }

  /** Kernels on rows; null where plain Java has to do. */
  synchronized StepKernels steps() {
    if (steps == null) {
      StepKernels kernels = new StepKernels(level);
      steps = StepTrial.passes(kernels) ? Optional.of(kernels) : Optional.empty();
      if (steps.isEmpty()) {
        LOG.log(
            System.Logger.Level.WARNING,
            "rows of training in {0} fail their self-test: they run in plain Java",
            level.label());
      }
    }
    return steps.orElse(null);
  }

  private Optional<TileKernels> tried(MatrixProducts.Inputs inputs) {
    TileKernels kernels = new TileKernels(level, inputs == MatrixProducts.Inputs.BF16);
    if (passes(kernels, inputs)) {
      return Optional.of(kernels);
    }
    LOG.log(
        System.Logger.Level.WARNING,
        "matrix products of {0} in {1} fail their self-test: training runs in plain Java",
        inputs,
        level.label());
    return Optional.empty();
  }

  /** A small product in both ways of packing, with tails, against plain Java. */
  private static boolean passes(TileKernels kernels, MatrixProducts.Inputs inputs) {
    int m = 2 * kernels.shape().rows() + 3;
    int n = kernels.shape().cols() + 5;
    int k = 2 * kernels.blockDepth() + 1;
    try (Arena arena = Arena.ofShared();
        MatrixProducts fast = new AsmMatrixProducts(Team.process(), 1, kernels);
        MatrixProducts plain = new ScalarMatrixProducts(Team.process(), 1, inputs)) {
      Random random = new Random(k);
      MemorySegment a = floats(arena, m * k, random);
      MemorySegment b = floats(arena, n * k, random);
      MemorySegment expected = arena.allocate(4L * m * n);
      MemorySegment actual = arena.allocate(4L * m * n);
      boolean good = true;
      for (boolean turned : new boolean[] {false, true}) {
        for (MatrixProducts each : new MatrixProducts[] {fast, plain}) {
          MemorySegment c = each == fast ? actual : expected;
          if (turned) {
            each.multiply(m, n, k, a, 1, m, b, n, 1, c, n, true);
          } else {
            each.multiply(m, n, k, a, k, 1, b, 1, k, c, n, false);
          }
        }
        good &= close(expected, actual, ERROR * k, 0);
      }
      return good;
    }
  }

  /** Whether no float is further off than {@code error + relative · |expected|}, or a NaN. */
  static boolean close(MemorySegment expected, MemorySegment actual, float error, float relative) {
    for (long i = 0; i < expected.byteSize() / 4; i++) {
      float e = expected.getAtIndex(Floats.LAYOUT, i);
      float difference = actual.getAtIndex(Floats.LAYOUT, i) - e;
      if (!(Math.abs(difference) <= error + relative * Math.abs(e))) {
        return false;
      }
    }
    return true;
  }

  static MemorySegment floats(Arena arena, int count, Random random) {
    MemorySegment out = arena.allocate(4L * count);
    for (int i = 0; i < count; i++) {
      out.setAtIndex(Floats.LAYOUT, i, random.nextFloat() - 0.5f);
    }
    return out;
  }
}
