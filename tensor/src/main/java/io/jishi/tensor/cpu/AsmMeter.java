// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.asm.LineKind;
import io.jishi.tensor.cpu.asm.MeterCall;
import java.lang.foreign.Arena;

/** Measures what the units behind emitted kernels can do when nothing else happens. */
final class AsmMeter {
  private static final int ROUNDS = 12;
  private static final int PRODUCTS = 200_000;
  private static final int CHUNKS_PER_THREAD = 4;

  private AsmMeter() {}

  /** Multiplications and additions per second of {@code threads} threads, the best round. */
  static double products(Kernels kernels, Team team, int threads, LineKind kind) {
    int chunks = threads * CHUNKS_PER_THREAD;
    double best = 0;
    try (Arena arena = Arena.ofShared()) {
      MeterCall[] calls = calls(kernels, team, arena);
      double operations = calls[0].products(kind, PRODUCTS) * chunks;
      for (int round = 0; round < ROUNDS; round++) {
        long start = System.nanoTime();
        team.run(chunks, threads, (chunk, worker) -> calls[worker].products(kind, PRODUCTS));
        best = Math.max(best, operations * 1e9 / (System.nanoTime() - start));
      }
    }
    return best;
  }

  /** One caller for each thread of a team. */
  static MeterCall[] calls(Kernels kernels, Team team, Arena arena) {
    MeterCall[] calls = new MeterCall[team.size()];
    for (int i = 0; i < calls.length; i++) {
      calls[i] = new MeterCall(kernels, arena);
    }
    return calls;
  }
}
