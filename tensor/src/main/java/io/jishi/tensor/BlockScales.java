// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Where the blocks of a type hold their scale, and how it is written: all other bytes of a block
 * may be anything. The layouts are those that {@link Dequantizer} reads.
 *
 * @param form how the scale is written
 * @param at its offset
 * @param minimumAt offset of the minimum, -1 for none
 * @param minimum that gives mean 0 beside a scale of 1 and random bytes
 */
record BlockScales(Form form, int at, int minimumAt, double minimum) {

  /** How a scale is written. */
  enum Form {
    /** Half precision. */
    HALF,
    /** Half precision, four bits in the upper quarter of each of four 16-bit numbers. */
    QUARTERS,
    /** A power of two in a byte. */
    E8M0,
    /** Four bytes, each 4 bits of exponent and 3 of mantissa, for a quarter of the block. */
    UE4M3
  }

  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final int LARGEST_UE4M3 = 0x7E;

  static BlockScales of(DType type) {
    return switch (type) {
      case Q4_1 -> new BlockScales(Form.HALF, 0, 2, -7.5);
      case Q5_1 -> new BlockScales(Form.HALF, 0, 2, -15.5);
      case Q4_K -> new BlockScales(Form.HALF, 0, 2, 7.5);
      case Q5_K -> new BlockScales(Form.HALF, 0, 2, 15.5);
      case Q2_K -> new BlockScales(Form.HALF, 80, 82, 1.5);
      case Q3_K -> half(108);
      case Q6_K -> half(208);
      case TQ1_0 -> half(52);
      case TQ2_0 -> half(64);
      case Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS -> half(0);
      case IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ1_S -> half(0);
      case IQ1_M -> new BlockScales(Form.QUARTERS, 48, -1, 0);
      case MXFP4 -> new BlockScales(Form.E8M0, 0, -1, 0);
      case NVFP4 -> new BlockScales(Form.UE4M3, 0, -1, 0);
      default -> throw new IllegalArgumentException(type + " has no scales");
    };
  }

  private static BlockScales half(int at) {
    return new BlockScales(Form.HALF, at, -1, 0);
  }

  /** The bits of the number of this form that is nearest to {@code scale}. */
  short bits(double scale) {
    return switch (form) {
      case HALF, QUARTERS -> Float.floatToFloat16((float) scale);
      case E8M0 ->
          (short) Math.clamp(Math.round(Math.log(Math.abs(scale)) / Math.log(2)) + 127, 1, 254);
      case UE4M3 -> nearest(Math.abs(scale));
    };
  }

  private static short nearest(double scale) {
    int best = 1;
    for (int bits = 2; bits <= LARGEST_UE4M3; bits++) {
      double nearer = Math.abs(2 * FourBits.halfE4m3(bits) - scale);
      if (nearer < Math.abs(2 * FourBits.halfE4m3(best) - scale)) {
        best = bits;
      }
    }
    return (short) best;
  }

  /** Writes a scale into the block at {@code block}; the minimum is half precision. */
  void write(MemorySegment blocks, long block, short scale, short minimumBits) {
    long to = block + at;
    switch (form) {
      case HALF -> blocks.set(SHORT, to, scale);
      case QUARTERS -> {
        for (int k = 0; k < 4; k++) {
          int low = blocks.get(SHORT, to + 2 * k) & 0xFFF;
          blocks.set(SHORT, to + 2 * k, (short) (low | (scale >> 4 * k & 15) << 12));
        }
      }
      case E8M0 -> blocks.set(ValueLayout.JAVA_BYTE, to, (byte) scale);
      case UE4M3 -> blocks.set(ValueLayout.JAVA_INT_UNALIGNED, to, scale * 0x0101_0101);
    }
    if (minimumAt >= 0) {
      blocks.set(SHORT, block + minimumAt, minimumBits);
    }
  }
}
