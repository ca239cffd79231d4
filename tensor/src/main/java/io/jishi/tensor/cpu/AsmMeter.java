// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.asm.LineKind;
import io.jishi.tensor.cpu.asm.MeterCall;
import io.jishi.tensor.cpu.asm.WeightMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Measures what the units behind emitted kernels can do when nothing else happens. */
final class AsmMeter {
  private static final int ROUNDS = 12;
  private static final int PRODUCTS = 200_000;
  private static final int CHUNKS_PER_THREAD = 4;
  private static final long PIECE = 1 << 20;

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

  /** Bytes per second that {@code threads} threads read, the best round. */
  static double memory(Kernels kernels, Team team, int threads, long bytes) {
    int chunks = (int) Math.max(1, bytes / PIECE);
    double best = 0;
    try (Arena arena = Arena.ofShared()) {
      MeterCall[] calls = calls(kernels, team, arena);
      MemorySegment buffer = WeightMemory.allocate(chunks * PIECE, arena);
      buffer.fill((byte) 1);
      for (int round = 0; round < ROUNDS; round++) {
        long start = System.nanoTime();
        team.run(
            chunks,
            threads,
            (chunk, worker) -> calls[worker].read(buffer.asSlice(chunk * PIECE, PIECE)));
        best = Math.max(best, (double) chunks * PIECE * 1e9 / (System.nanoTime() - start));
      }
    }
    return best;
  }

  private static MeterCall[] calls(Kernels kernels, Team team, Arena arena) {
    MeterCall[] calls = new MeterCall[team.size()];
    for (int i = 0; i < calls.length; i++) {
      calls[i] = new MeterCall(kernels, arena);
    }
    return calls;
  }
}
