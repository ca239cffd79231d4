// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.cpu.asm.AttentionKernels;
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

  /** A token's keys, all heads, once {@link #heads} has run. */
  MemorySegment keys() {
    return keys;
  }

  /**
   * Makes queries and keys of token {@code t} ready: norms and rotation.
   *
   * @param angles of the step, where there is a rotation
   * @param queryGain of the queries' norm, null without
   * @param keyGain of the keys' norm, null without
   * @param queries takes the queries of each key-value head, {@code stride} bytes apart
   */
  void heads(
      AttentionKernels shape,
      Attention attention,
      AngleTable angles,
      MemorySegment queryGain,
      MemorySegment keyGain,
      Tensor in,
      int t,
      MemorySegment queries,
      long offset,
      long stride) {
    int count = attention.kvHeads();
    int group = attention.heads() / count;
    long row = 4L * attention.inputWidth() * t;
    long bytes = 4L * count * attention.headDim();
    if (keys.byteSize() < bytes) {
      keys = arena.allocate(bytes, 64);
    }
    if (attention.rope() != null) {
      token.angles(angles.memory(), angles.offset(t));
    }
    token.norm(queryGain, attention.eps());
    token.heads(shape, in.data(), row, count, group, queries, offset, stride);
    token.norm(keyGain, attention.eps());
    token.heads(shape, in.data(), row + 4L * attention.outputWidth(), 1, count, keys, 0, bytes);
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
