// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.cpu.asm.AttentionRows;
import io.jishi.tensor.cpu.asm.TokenCall;
import io.jishi.tensor.cpu.scalar.CacheCells;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What one thread needs in emitted attention. */
final class AttentionWorker implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  final TokenTiles tile = new TokenTiles();
  final TokenCall token = new TokenCall(arena);
  final AttentionRows rows = new AttentionRows(arena);
  final CacheCells cells = new CacheCells();
  private MemorySegment keys = MemorySegment.NULL;
  private float[] row = new float[0];

  /** Room for one token's keys as floats. */
  MemorySegment keys(long bytes) {
    if (keys.byteSize() < bytes) {
      keys = arena.allocate(bytes, 64);
    }
    return keys;
  }

  /** Room for so many floats, on the heap. */
  float[] row(int count) {
    if (row.length < count) {
      row = new float[count];
    }
    return row;
  }

  @Override
  public void close() {
    arena.close();
  }
}
