// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class NativeStressTest {
  private static final int ROUNDS = 40;

  /** Kernels, collections and the closing of operations and weights, side by side. */
  @Test
  @Timeout(120)
  void productsCollectionsAndClosingSideBySide() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      Future<?> first = threads.submit(() -> work(1));
      Future<?> second = threads.submit(() -> work(2));
      Future<?> collector =
          threads.submit(
              () -> {
                while (!first.isDone() || !second.isDone()) {
                  System.gc();
                }
              });
      first.get();
      second.get();
      collector.get();
    }
  }

  private static void work(int seed) {
    Backend backend = Backend.cpu();
    Weight stored = RandomWeights.make(DType.Q4_K, 512, 1024, seed);
    float[][] x = LinearTest.randomRows(33, 1024, seed);
    float[][] expected = null;
    for (int round = 0; round < ROUNDS; round++) {
      try (Arena arena = Arena.ofShared();
          Ops ops = backend.ops(2)) {
        Weight weight = backend.prepare(stored, arena);
        Tensor in = new Tensor(arena.allocate(Tensor.bytes(33, 1024), 64), 33, 1024);
        for (int t = 0; t < 33; t++) {
          in.write(t, 0, x[t], 0, 1024);
        }
        ops.begin(new Batch());
        Tensor out = ops.linear(in, Linear.of(weight), Precision.FAST);
        float[][] rows = new float[33][];
        for (int t = 0; t < 33; t++) {
          rows[t] = out.row(t);
        }
        expected = expected == null ? rows : expected;
        assertThat(rows).isDeepEqualTo(expected);
      }
    }
  }
}
