// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.TileProducts;
import io.jishi.tensor.cpu.asm.FactorKernels;
import io.jishi.tensor.cpu.scalar.ScalarTileProducts;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;

/** Tries the kernels of attention's tiles before their first use: a small one, both ways. */
final class FactorTrial {
  /** Factors are rounded to 8 bits, and rounded again where sums differ in their last one. */
  private static final float ERROR = 2e-2f;

  private static final int ROWS = TileProducts.ROWS;
  private static final int KEYS = 3 * TileProducts.UNIT;
  private static final int DIM = 3 * TileProducts.UNIT - 3;

  private FactorTrial() {}

  static boolean passes(FactorKernels kernels, MatrixProducts.Inputs inputs) {
    try (Arena arena = Arena.ofShared();
        TileProducts fast = new AsmTileProducts(kernels);
        TileProducts plain = new ScalarTileProducts(inputs)) {
      return TrainingKernels.close(run(plain, arena), run(fast, arena), ERROR, ERROR);
    }
  }

  /** Results of attention and what goes back to queries and keys, of the same numbers. */
  private static MemorySegment run(TileProducts tiles, Arena arena) {
    Random random = new Random(DIM);
    MemorySegment q = TrainingKernels.floats(arena, ROWS * DIM, random);
    MemorySegment k = TrainingKernels.floats(arena, KEYS * DIM, random);
    MemorySegment left = arena.allocate(TileChecks.leftBytes(ROWS, DIM), 64);
    MemorySegment right = arena.allocate(TileProducts.panelBytes(KEYS, KEYS), 64);
    MemorySegment scores = arena.allocate(4L * ROWS * KEYS, 64);
    MemorySegment other = arena.allocate(4L * ROWS * KEYS, 64);
    MemorySegment p = arena.allocate(4L * ROWS * KEYS, 64);
    MemorySegment d = arena.allocate(4L * ROWS * KEYS, 64);
    int cols = TileChecks.up(DIM, TileProducts.UNIT);
    MemorySegment out = arena.allocate(4L * cols * (2 * ROWS + KEYS), 64);
    int[] from = new int[ROWS];
    int[] to = new int[ROWS];
    float[] max = new float[ROWS];
    float[] sums = new float[ROWS];
    float[] factors = new float[ROWS];
    Arrays.setAll(from, r -> r - 3);
    Arrays.setAll(to, r -> KEYS / 2 + 3 * r);
    tiles.left(q, DIM, ROWS, DIM, left);
    TileProducts.Left queries = new TileProducts.Left(left, ROWS, cols, false);
    tiles.right(k, 1, DIM, DIM, KEYS, right);
    TileProducts.Right keys = new TileProducts.Right(right, DIM, KEYS);
    tiles.multiply(ROWS, KEYS, DIM, queries, keys, scores, KEYS, false);
    tiles.multiply(ROWS, KEYS, DIM, queries, keys, other, KEYS, false);
    tiles.softmax(scores, ROWS, KEYS, from, to, 0.5f, max, sums, factors, p);
    tiles.right(k, DIM, 1, KEYS, DIM, right);
    TileProducts.Right values = new TileProducts.Right(right, KEYS, DIM);
    TileProducts.Left weights = new TileProducts.Left(p, ROWS, KEYS, false);
    tiles.multiply(ROWS, cols, KEYS, weights, values, out, cols, false);
    tiles.scale(out, cols, factors, out, cols, ROWS, cols, true);
    tiles.multiply(ROWS, KEYS, DIM, queries, keys(tiles, k, arena), scores, KEYS, false);
    Arrays.fill(sums, 3);
    tiles.gradients(scores, other, ROWS, KEYS, from, to, 0.5f, sums, max, p, d);
    MemorySegment second = out.asSlice(4L * cols * ROWS);
    TileProducts.Left gradient = new TileProducts.Left(d, ROWS, KEYS, false);
    tiles.multiply(ROWS, cols, KEYS, gradient, values, second, cols, false);
    tiles.right(q, DIM, 1, ROWS, DIM, right);
    MemorySegment third = out.asSlice(8L * cols * ROWS);
    for (MemorySegment each : new MemorySegment[] {p, d}) {
      TileProducts.Left turned = new TileProducts.Left(each, ROWS, KEYS, true);
      TileProducts.Right rows = new TileProducts.Right(right, ROWS, DIM);
      tiles.multiply(KEYS, cols, ROWS, turned, rows, third, cols, true);
    }
    return out;
  }

  private static TileProducts.Right keys(TileProducts tiles, MemorySegment k, Arena arena) {
    MemorySegment right = arena.allocate(TileProducts.panelBytes(DIM, KEYS), 64);
    tiles.right(k, 1, DIM, DIM, KEYS, right);
    return new TileProducts.Right(right, DIM, KEYS);
  }
}
