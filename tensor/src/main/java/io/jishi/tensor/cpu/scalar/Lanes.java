// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.DType;
import io.jishi.tensor.FourBits;
import io.jishi.tensor.Packing;

/**
 * Loops over the lanes of heap arrays: a row of the matrix each. All run over all lanes, since the
 * JIT vectorises only loops of a length that it knows.
 */
final class Lanes {
  /** Rows at a time. */
  static final int COUNT = Packing.MAX_TILE;

  private static final int[] POWERS_OF_3 = {1, 3, 9, 27, 81};

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

  /** Bytes as E8M0 scales, halved. */
  static void halfE8m0(byte[] in, float[] out) {
    for (int r = 0; r < COUNT; r++) {
      out[r] = FourBits.halfE8m0(in[r] & 255);
    }
  }

  /** Of four bytes that are fractions of 256 their ternary digit {@code i}. */
  static void digit(int[] in, int i, int[] out) {
    int power = POWERS_OF_3[i];
    for (int r = 0; r < COUNT; r++) {
      int even = (in[r] & 0x00FF00FF) * power & 0x00FF00FF;
      int odd = (in[r] >>> 8 & 0x00FF00FF) * power & 0x00FF00FF;
      out[r] = even * 3 >>> 8 & 0x00FF00FF | odd * 3 & 0xFF00FF00;
    }
  }

  /** The table by which {@link #lookUp} turns two codes at a time into values, made unsigned. */
  static int[] table(DType type, int bias) {
    int[] table = new int[256];
    for (int i = 0; i < 256; i++) {
      int low = FourBits.value(type, i & 15) + bias;
      table[i] = low | FourBits.value(type, i >> 4) + bias << 8;
    }
    return table;
  }

  /** Four codes, a byte each, become what the table says. */
  static void lookUp(int[] codes, int[] table) {
    for (int r = 0; r < COUNT; r++) {
      int pairs = codes[r] | codes[r] >>> 4;
      codes[r] = table[pairs & 255] | table[pairs >>> 16 & 255] << 16;
    }
  }
}
