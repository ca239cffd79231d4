// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Tensor;
import io.jishi.tensor.cpu.asm.Kernel;
import io.jishi.tensor.cpu.asm.LineKind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The activations of one product as lines: tiles of tokens, as equal in size as can be, since a
 * kernel takes a fixed number.
 */
final class LineBuffer implements AutoCloseable {
  private static final int LINE_BYTES = 64;

  private final LineKind kind;
  private final int most;
  private Arena arena = Arena.ofShared();
  private MemorySegment memory = MemorySegment.NULL;
  private int tokens;
  private int tiles;
  private int lines;

  /** Lines of {@code kind} for kernels of at most {@code most} tokens. */
  LineBuffer(LineKind kind, int most) {
    this.kind = kind;
    this.most = most;
  }

  /** Room for {@code [tokens, cols]}. */
  void resize(int rows, int cols) {
    tokens = rows;
    tiles = (rows + most - 1) / most;
    lines = (cols + kind.columns() - 1) / kind.columns();
    long bytes = (long) rows * lines * LINE_BYTES;
    if (memory.byteSize() < bytes) {
      arena.close();
      arena = Arena.ofShared();
      memory = arena.allocate(bytes, LINE_BYTES);
    }
  }

  /** Number of tiles of tokens. */
  int tiles() {
    return tiles;
  }

  /** First token of a tile; that of the tile after the last one is the number of tokens. */
  int start(int tile) {
    return tile * (tokens / tiles) + Math.min(tile, tokens % tiles);
  }

  /** Tokens of a tile. */
  int size(int tile) {
    return start(tile + 1) - start(tile);
  }

  /** Where line {@code line} of a tile begins. */
  long offset(int tile, int line) {
    return ((long) start(tile) * lines + (long) line * size(tile)) * LINE_BYTES;
  }

  MemorySegment memory() {
    return memory;
  }

  /** Writes one token's lines, zeros behind the last column. */
  void write(AsmWorker worker, Kernel writer, Tensor x, int token) {
    write(worker, writer, x.data(), 4L * x.cols() * token, x.cols(), token);
  }

  /** The same of {@code cols} floats that lie {@code from} bytes behind the start of {@code x}. */
  void write(AsmWorker worker, Kernel writer, MemorySegment x, long from, int cols, int token) {
    int tile = tileOf(token);
    long out = offset(tile, 0) + (long) (token - start(tile)) * LINE_BYTES;
    MemorySegment floats = x;
    long at = from;
    int bytes = 4 * kind.columns();
    if (cols % kind.columns() != 0) {
      floats = worker.pad((long) lines * bytes);
      MemorySegment.copy(x, from, floats, 0, 4L * cols);
      at = 0;
    }
    long stride = (long) size(tile) * LINE_BYTES;
    worker.call.lines(writer, floats, at, bytes, memory, out, lines, stride);
  }

  private int tileOf(int token) {
    int large = tokens % tiles; // the first tiles have one token more
    int small = tokens / tiles;
    int border = large * (small + 1);
    return token < border ? token / (small + 1) : large + (token - border) / small;
  }

  @Override
  public void close() {
    arena.close();
  }
}
