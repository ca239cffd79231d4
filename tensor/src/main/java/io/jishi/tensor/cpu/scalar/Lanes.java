// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Packing;

/**
 * Loops over the lanes of heap arrays: a row of the matrix each. All run over all lanes, since the
 * JIT vectorises only loops of a length that it knows.
 */
final class Lanes {
  /** Rows at a time. */
  static final int COUNT = Packing.MAX_TILE;

  private Lanes() {}

  /** {@code out = in >>> shift & mask}. */
  static void bits(int[] in, int shift, int mask, int[] out) {
    for (int r = 0; r < COUNT; r++) {
      out[r] = in[r] >>> shift & mask;
    }
  }

  /** {@code out |= (in >>> shift & mask) << up}. */
  static void or(int[] in, int shift, int mask, int up, int[] out) {
    for (int r = 0; r < COUNT; r++) {
      out[r] |= (in[r] >>> shift & mask) << up;
    }
  }

  /** Four low bits from one word, two high bits from another. */
  static void split(int[] low, int lowShift, int[] high, int highShift, int[] out) {
    for (int r = 0; r < COUNT; r++) {
      out[r] = low[r] >>> lowShift & 15 | (high[r] >>> highShift & 3) << 4;
    }
  }

  /** Byte {@code i} of a word, signed. */
  static void signedByte(int[] in, int i, int[] out) {
    int shift = 24 - 8 * i;
    for (int r = 0; r < COUNT; r++) {
      out[r] = in[r] << shift >> 24;
    }
  }

  /** Bits {@code shift … shift + 3} become bit 4 of the four bytes. */
  static void fifths(int[] in, int shift, int[] out) {
    for (int r = 0; r < COUNT; r++) {
      // Bit i of the nibble goes to byte i: the four products do not overlap.
      out[r] |= ((in[r] >>> shift & 15) * 0x00204081 & 0x01010101) << 4;
    }
  }

  /** {@code out = scale · (integer + shift)}. */
  static void scale(float[] scale, int[] integer, int shift, float[] out) {
    for (int r = 0; r < COUNT; r++) {
      out[r] = scale[r] * (integer[r] + shift);
    }
  }

  /** Half precision to single. */
  static void halves(short[] in, float[] out) {
    for (int r = 0; r < COUNT; r++) {
      out[r] = Float.float16ToFloat(in[r]);
    }
  }

  /** The low halves of words, as half precision. */
  static void lowHalves(int[] in, float[] out) {
    for (int r = 0; r < COUNT; r++) {
      out[r] = Float.float16ToFloat((short) in[r]);
    }
  }

  /** The high halves of words, as half precision, times a sign. */
  static void highHalves(int[] in, int sign, float[] out) {
    for (int r = 0; r < COUNT; r++) {
      out[r] = sign * Float.float16ToFloat((short) (in[r] >> 16));
    }
  }
}
