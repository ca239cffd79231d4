// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/** The words that a kernel is called with; addresses are set only with what they span. */
final class CallArguments {
  private final MemorySegment words;

  CallArguments(Arena arena, int count) {
    words = arena.allocate(8L * count, 64);
  }

  /**
   * An address of {@code bytes} bytes.
   *
   * @throws IndexOutOfBoundsException where they lie outside of their memory
   */
  void set(int index, MemorySegment memory, long offset, long bytes) {
    Objects.checkFromIndexSize(offset, bytes, memory.byteSize());
    set(index, memory.address() + offset);
  }

  void set(int index, long value) {
    words.set(ValueLayout.JAVA_LONG, 8L * index, value);
  }

  void set(int index, float value) {
    words.set(ValueLayout.JAVA_FLOAT, 8L * index, value);
  }

  /** A number of things to do; a kernel's loop runs at least once. */
  void count(int index, int value) {
    if (value <= 0) {
      throw new IndexOutOfBoundsException("nothing to do: " + value);
    }
    set(index, value);
  }

  void call(Kernel kernel) {
    kernel.call(words);
  }

  /** Bytes of {@code count} things {@code step} apart, the last one of {@code last} bytes. */
  static long extent(long count, long step, long last) {
    if (step < 0) {
      throw new IndexOutOfBoundsException("a step of " + step + " bytes");
    }
    return Math.addExact(Math.multiplyExact(count - 1, step), last);
  }
}
