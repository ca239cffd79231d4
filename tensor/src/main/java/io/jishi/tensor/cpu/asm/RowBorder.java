// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.TileProducts;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What calls of kernels on rows share: places in floats, numbers for each row. */
abstract class RowBorder {
  final Arena arena;
  final CallArguments arguments;

  /** Numbers for each row: {@link #room}. */
  MemorySegment rows = MemorySegment.NULL;

  RowBorder(Arena arena) {
    this.arena = arena;
    arguments = new CallArguments(arena, StepArguments.ALL);
  }

  /** Room for {@code bytes} bytes a row. */
  final void room(int count, int bytes) {
    long size = (long) count * bytes + 8;
    if (rows.byteSize() < size) {
      rows = arena.allocate(2 * size, 64); // twice, so that it seldom grows
    }
  }

  final void write(long at, float[] from, int count) {
    MemorySegment.copy(from, 0, rows, ValueLayout.JAVA_FLOAT, 4 * at, count);
  }

  final void read(long at, float[] to, int count) {
    MemorySegment.copy(rows, ValueLayout.JAVA_FLOAT, 4 * at, to, 0, count);
  }

  final void count(int n, int count) {
    if (n <= 0 || n % TileProducts.UNIT != 0) {
      throw new IndexOutOfBoundsException("a row of " + n + " floats");
    }
    arguments.count(StepArguments.COUNT, n / TileProducts.UNIT);
    arguments.count(StepArguments.ROWS, count);
  }

  final void set(int index, MemorySegment memory, long at, long floats) {
    arguments.set(index, memory, Math.multiplyExact(4, at), Math.multiplyExact(4, floats));
  }
}
