// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/** Floats in memory. */
public final class Floats {
  /** A float on any place, so that a caller's odd address is no error. */
  public static final ValueLayout.OfFloat LAYOUT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private Floats() {}

  /**
   * Checks that {@code bytes} bytes from the start can be handed to kernels, which see addresses
   * and nothing else.
   *
   * @param written whether they are written
   * @throws IndexOutOfBoundsException where there are fewer
   * @throws IllegalArgumentException where the memory lies on the heap or may not be written
   * @throws IllegalStateException where it has been given back
   */
  static void check(MemorySegment x, long bytes, boolean written) {
    Objects.checkFromIndexSize(0, bytes, x.byteSize());
    if (!x.isNative() && bytes > 0) {
      throw new IllegalArgumentException("kernels take memory outside of the Java heap");
    }
    if (written && x.isReadOnly()) {
      throw new IllegalArgumentException("results cannot go to read-only memory");
    }
    if (!x.scope().isAlive()) {
      throw new IllegalStateException("this memory has been given back: its arena is closed");
    }
  }

  /** The nearest BF16, ties to even; a NaN stays one, an infinity too. */
  public static float toBf16(float x) {
    int bits = Float.floatToRawIntBits(x);
    if (x != x) {
      return Float.intBitsToFloat((bits | 0x0040_0000) & 0xFFFF_0000);
    }
    return Float.intBitsToFloat(bits + 0x7FFF + (bits >>> 16 & 1) & 0xFFFF_0000);
  }
}
