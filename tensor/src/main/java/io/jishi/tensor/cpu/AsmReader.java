// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.MemoryReader;
import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.asm.MeterCall;
import io.jishi.tensor.cpu.asm.WeightMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Reads memory with emitted loads, in pieces that a team shares as it shares products. */
final class AsmReader implements MemoryReader, Team.Task {
  private static final long PIECE = 32 << 10;

  private final Arena arena = Arena.ofShared();
  private final Team team;
  private final int threads;
  private final int pieces;
  private final MemorySegment buffer;
  private final MeterCall[] calls;

  AsmReader(Kernels kernels, Team team, int threads, long bytes) {
    this.team = team;
    this.threads = threads;
    this.pieces = Math.toIntExact(Math.max(1, bytes / PIECE));
    this.buffer = WeightMemory.allocate(pieces * PIECE, arena).fill((byte) 1);
    this.calls = AsmMeter.calls(kernels, team, arena);
  }

  @Override
  public double read() {
    long start = System.nanoTime();
    team.run(pieces, threads, this);
    return pieces * PIECE * 1e9 / (System.nanoTime() - start);
  }

  @Override
  public void run(int piece, int worker) {
    run(piece, piece + 1, worker);
  }

  @Override
  public void run(int from, int to, int worker) {
    calls[worker].read(buffer.asSlice(from * PIECE, (to - from) * PIECE));
  }

  @Override
  public void close() {
    arena.close();
  }
}
