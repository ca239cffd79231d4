// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.cpu.asm.AttentionRows;
import io.jishi.tensor.cpu.asm.TokenCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What one thread needs in {@link AsmAttention}. */
final class AttentionWorker implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  final TokenTiles tile = new TokenTiles();
  final TokenCall token = new TokenCall(arena);
  final AttentionRows rows = new AttentionRows(arena);
  private MemorySegment keys = MemorySegment.NULL;

  /** Room for one token's keys as floats. */
  MemorySegment keys(long bytes) {
    if (keys.byteSize() < bytes) {
      keys = arena.allocate(bytes, 64);
    }
    return keys;
  }

  @Override
  public void close() {
    arena.close();
  }
}
