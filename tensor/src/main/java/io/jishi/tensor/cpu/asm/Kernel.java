// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.lang.foreign.MemorySegment;

/**
 * A piece of emitted code that can be called.
 *
 * @param name for messages
 * @param code where it lies, executable
 */
public record Kernel(String name, MemorySegment code) {

  static Kernel of(String name, byte[] bytes) throws NativeFailure {
    return new Kernel(name, Native.load(bytes));
  }

  /**
   * Runs it.
   *
   * @param arguments what the kernel's own documentation says, 8 bytes each
   */
  void call(MemorySegment arguments) {
    try {
      Native.CALL.invokeExact(code, arguments.address());
    } catch (Throwable t) { // a downcall throws nothing of its own
      throw new IllegalStateException(name, t);
    }
  }
}
