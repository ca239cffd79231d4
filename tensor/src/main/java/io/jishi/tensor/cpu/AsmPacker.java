// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Packing;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.asm.WeightMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/** Packs weights at load, on all threads, and lets go of the file's pages piece by piece. */
final class AsmPacker {
  /** Bytes of weights of a chunk: what the file and its copy hold at a time stays small. */
  private static final long CHUNK_BYTES = 4 << 20;

  private final Kernels kernels;

  AsmPacker(Kernels kernels) {
    this.kernels = kernels;
  }

  /** The weight in tiles of 16 rows, in {@code memory}. */
  Weight pack(Team team, Weight stored, SegmentAllocator memory) {
    long bytes = Packing.packedBytes(stored.type(), stored.rows(), stored.cols(), AsmProducts.TILE);
    MemorySegment target = memory.allocate(bytes, 64);
    int tiles = Math.ceilDiv(stored.rows(), AsmProducts.TILE);
    long tileBytes = bytes / tiles;
    int perChunk = (int) Math.max(1, CHUNK_BYTES / tileBytes);
    AsmWorker[] workers = new AsmWorker[team.size()];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new AsmWorker(kernels);
    }
    try {
      team.run(
          (tiles + perChunk - 1) / perChunk,
          team.size(),
          (chunk, worker) -> {
            int first = chunk * perChunk;
            int count = Math.min(perChunk, tiles - first);
            MemorySegment part = target.asSlice(first * tileBytes, count * tileBytes);
            workers[worker].pack(stored, first, count, part);
            release(stored, first * AsmProducts.TILE, count * AsmProducts.TILE);
          });
    } finally {
      for (AsmWorker worker : workers) {
        worker.close();
      }
    }
    return Weight.packed(stored, target, AsmProducts.TILE);
  }

  private static void release(Weight stored, int first, int count) {
    long row = stored.type().rowBytes(stored.cols());
    int rows = Math.min(count, stored.rows() - first);
    WeightMemory.release(stored.data().asSlice(first * row, rows * row));
  }
}
