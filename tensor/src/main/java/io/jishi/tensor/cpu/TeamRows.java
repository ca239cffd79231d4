// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.AdamWStep;
import io.jishi.tensor.RotaryTable;
import io.jishi.tensor.TileProducts;
import io.jishi.tensor.TrainingRows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Rows of training on a team: cuts them into chunks whose size depends on nothing but the rows, so
 * that no sum depends on the number of threads.
 */
final class TeamRows implements TrainingRows {
  /** Floats of a chunk of what goes once through long memory: an L2 cache's share. */
  private static final int FLOATS = 32 << 10;

  /** Rows of a chunk of the norm: one partial sum of the gain's gradient. */
  private static final int NORM_ROWS = 64;

  private final Team team;
  private final int width;
  private final RowSteps[] steps;
  private final Arena arena = Arena.ofShared();
  private MemorySegment partials = MemorySegment.NULL;

  TeamRows(Team team, int width, Supplier<? extends RowSteps> maker) {
    this.team = team;
    this.width = width;
    steps = new RowSteps[width == 1 ? 1 : team.size()];
    Arrays.setAll(steps, i -> maker.get());
  }

  @Override
  public int threads() {
    return width;
  }

  @Override
  public void parallel(int chunks, Chunk work) {
    if (width > 1) {
      team.run(chunks, width, work::run);
      return;
    }
    for (int c = 0; c < chunks; c++) {
      work.run(c, 0);
    }
  }

  @Override
  public void crossEntropy(
      MemorySegment logits,
      int rows,
      int vocabulary,
      int first,
      int[] targets,
      float[] weights,
      float zLoss,
      boolean gradient,
      float[] losses,
      float[] logSums) {
    written(logits, (long) rows * vocabulary);
    if (vocabulary <= 0) {
      throw new IndexOutOfBoundsException("a vocabulary of " + vocabulary);
    }
    for (float[] each : new float[][] {weights, losses, logSums}) {
      Objects.checkFromIndexSize(first, rows, each.length);
    }
    Objects.checkFromIndexSize(first, rows, targets.length);
    for (int r = first; r < first + rows; r++) {
      if (targets[r] >= vocabulary) {
        throw new IndexOutOfBoundsException(
            "target " + targets[r] + " of row " + r + ", vocabulary " + vocabulary);
      }
    }
    int perChunk = Math.max(1, FLOATS / vocabulary);
    parallel(
        Math.ceilDiv(rows, perChunk),
        (chunk, worker) -> {
          int end = Math.min(rows, (chunk + 1) * perChunk);
          for (int r = chunk * perChunk; r < end; r++) {
            long at = (long) r * vocabulary;
            int i = first + r;
            RowSteps mine = steps[worker];
            losses[i] = 0;
            logSums[i] = 0;
            if (targets[i] < 0) {
              logits.asSlice(4 * at, 4L * vocabulary).fill((byte) 0);
              continue;
            }
            long target = 4 * (at + targets[i]);
            float score = logits.get(Floats.LAYOUT, target);
            float max = mine.max(logits, at, vocabulary);
            float sum = mine.exponentials(logits, at, vocabulary, max);
            double logSum = max + Math.log(sum);
            losses[i] = (float) (logSum - score);
            logSums[i] = (float) logSum;
            if (gradient) {
              double factor = weights[i] * (1 + 2 * zLoss * logSum) / sum;
              mine.scale(logits, at, vocabulary, (float) factor);
              logits.set(Floats.LAYOUT, target, logits.get(Floats.LAYOUT, target) - weights[i]);
            }
          }
        });
  }

  @Override
  public void rmsNormBackward(
      MemorySegment x,
      MemorySegment gain,
      float eps,
      MemorySegment dy,
      MemorySegment dx,
      boolean add,
      MemorySegment dGain,
      int rows,
      int n) {
    within(x, (long) rows * n);
    within(dy, (long) rows * n);
    written(dx, (long) rows * n);
    within(gain, n);
    written(dGain, n);
    if (n == 0) {
      return;
    }
    int chunks = Math.ceilDiv(rows, NORM_ROWS);
    MemorySegment sums = partials((long) chunks * n);
    parallel(
        chunks,
        (chunk, worker) -> {
          int from = chunk * NORM_ROWS;
          int count = Math.min(NORM_ROWS, rows - from);
          steps[worker].rmsNormBackward(
              x, gain, eps, dy, dx, add, (long) from * n, sums, (long) chunk * n, count, n);
        });
    for (int c = 0; c < chunks; c++) {
      steps[0].add(sums, (long) c * n, dGain, 0, n);
    }
  }

  private MemorySegment partials(long floats) {
    if (partials.byteSize() < 4 * floats) {
      partials = arena.allocate(8 * floats, 64); // twice as much, so that it seldom grows
    }
    return partials.asSlice(0, 4 * floats).fill((byte) 0);
  }

  @Override
  public void siluGateBackward(
      MemorySegment x, MemorySegment dy, MemorySegment dx, int rows, int n) {
    within(x, 2L * rows * n);
    written(dx, 2L * rows * n);
    within(dy, (long) rows * n);
    if (n == 0) {
      return;
    }
    int perChunk = Math.max(1, FLOATS / n);
    parallel(
        Math.ceilDiv(rows, perChunk),
        (chunk, worker) -> {
          int from = chunk * perChunk;
          int count = Math.min(perChunk, rows - from);
          steps[worker].siluGateBackward(x, dy, dx, from, count, n);
        });
  }

  @Override
  public void adamW(
      AdamWStep step,
      MemorySegment weights,
      MemorySegment gradients,
      MemorySegment means,
      MemorySegment squares,
      long count) {
    for (MemorySegment each : new MemorySegment[] {weights, means, squares}) {
      written(each, count);
    }
    within(gradients, count);
    parallel(
        pieces(count),
        (chunk, worker) -> {
          long at = (long) chunk * FLOATS;
          int n = (int) Math.min(FLOATS, count - at);
          steps[worker].adamW(step, weights, gradients, means, squares, at, n);
        });
  }

  @Override
  public double squaredNorm(MemorySegment x, long count) {
    within(x, count);
    double[] sums = new double[pieces(count)];
    parallel(
        sums.length,
        (chunk, worker) -> {
          long at = (long) chunk * FLOATS;
          sums[chunk] = steps[worker].squares(x, at, (int) Math.min(FLOATS, count - at));
        });
    double sum = 0;
    for (double each : sums) {
      sum += each;
    }
    return sum;
  }

  private static int pieces(long count) {
    return Math.toIntExact(Math.ceilDiv(count, FLOATS));
  }

  @Override
  public void rowDots(
      MemorySegment a, long aStride, MemorySegment b, long bStride, int rows, int n, float[] out) {
    strided(a, aStride, rows, n);
    strided(b, bStride, rows, n);
    Objects.checkFromIndexSize(0, rows, out.length);
    if (rows > 0) {
      steps[0].rowDots(a, aStride, b, bStride, rows, n, out);
    }
  }

  @Override
  public void turn(
      MemorySegment x, long stride, int first, int rows, RotaryTable table, boolean back) {
    Objects.checkFromIndexSize(first, rows, table.positions());
    int dims = table.rope().dims();
    if (stride < dims) {
      throw new IndexOutOfBoundsException(dims + " rotary values, stride " + stride);
    }
    if (rows > 0) {
      written(x, Math.addExact(Math.multiplyExact(rows - 1L, stride), dims));
      steps[0].turn(x, stride, first, rows, table, back);
    }
  }

  private static void strided(MemorySegment memory, long stride, int rows, int n) {
    if (rows < 0 || n <= 0 || n % TileProducts.UNIT != 0 || stride < n) {
      throw new IndexOutOfBoundsException(rows + " rows of " + n + ", stride " + stride);
    }
    if (rows > 0) {
      within(memory, Math.addExact(Math.multiplyExact(rows - 1L, stride), n));
    }
  }

  private static void within(MemorySegment memory, long floats) {
    Floats.check(memory, Math.multiplyExact(4, floats), false);
  }

  private static void written(MemorySegment memory, long floats) {
    Floats.check(memory, Math.multiplyExact(4, floats), true);
  }

  @Override
  public void close() {
    for (RowSteps each : steps) {
      each.close();
    }
    arena.close();
  }
}
