// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.cpu.Team;

/**
 * Estimates what the product loops of {@link LinearTask} can do when nothing else happens: the same
 * loops over arrays that the first-level cache holds. An estimate, since plain Java cannot say how
 * many units the processor has, only how fast the JIT's loops use them.
 */
public final class ProductMeter {
  private static final int ROUNDS = 40;
  private static final int REPEATS = 2_000;
  private static final int CHUNKS_PER_THREAD = 4;

  private ProductMeter() {}

  /** Multiplications and additions per second of {@code threads} threads, the best round. */
  public static double measure(Team team, int threads, boolean integer) {
    int chunks = threads * CHUNKS_PER_THREAD;
    int products = integer ? 8 : 4;
    Team.Task task = integer ? ProductMeter::integers : ProductMeter::floats;
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      team.run(chunks, threads, task);
      double seconds = (System.nanoTime() - start) / 1e9;
      best = Math.max(best, 2.0 * products * Lanes.COUNT * REPEATS * chunks / seconds);
    }
    return best;
  }

  private static void integers(int chunk, int worker) {
    int[] q = new int[Lanes.COUNT];
    int[] sum = new int[Lanes.COUNT];
    byte[] x = new byte[16];
    for (int i = 0; i < REPEATS; i++) {
      IntegerProducts.words(q, q, x, i % 8, sum);
    }
    consume(sum[chunk % Lanes.COUNT]);
  }

  private static void floats(int chunk, int worker) {
    float[][] w = new float[4][Lanes.COUNT];
    float[] acc = new float[Lanes.COUNT];
    for (int i = 0; i < REPEATS; i++) {
      FloatProducts.four(w[0], i, w[1], chunk, w[2], i, w[3], chunk, acc);
    }
    consume((int) acc[chunk % Lanes.COUNT]);
  }

  /** Keeps the loops from being optimised away. */
  private static void consume(int value) {
    if (value == Integer.MIN_VALUE + 1) {
      throw new IllegalStateException("zeros times anything are zero");
    }
  }
}
