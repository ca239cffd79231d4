// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import java.lang.foreign.ValueLayout;

/** Floats in memory. */
public final class Floats {
  /** A float on any place, so that a caller's odd address is no error. */
  public static final ValueLayout.OfFloat LAYOUT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private Floats() {}

  /** The nearest BF16, ties to even; a NaN stays one, an infinity too. */
  public static float toBf16(float x) {
    int bits = Float.floatToRawIntBits(x);
    if (x != x) {
      return Float.intBitsToFloat((bits | 0x0040_0000) & 0xFFFF_0000);
    }
    return Float.intBitsToFloat(bits + 0x7FFF + (bits >>> 16 & 1) & 0xFFFF_0000);
  }
}
