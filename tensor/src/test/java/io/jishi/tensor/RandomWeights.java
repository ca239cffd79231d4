// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Weights of random bytes whose scales are small finite numbers. */
public final class RandomWeights {
  private RandomWeights() {}

  public static Weight make(DType type, int rows, int cols, long seed) {
    Random random = new Random(seed);
    byte[] bytes = new byte[Math.toIntExact(rows * type.rowBytes(cols))];
    random.nextBytes(bytes);
    for (int at = 0; at < bytes.length; at += type.blockBytes()) {
      scales(type, bytes, at, random);
    }
    MemorySegment memory = Arena.ofAuto().allocate(Math.max(64, bytes.length), 64);
    memory = memory.asSlice(0, bytes.length);
    MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return Weight.stored(type + "-random", type, rows, cols, memory);
  }

  /** Sets the floating-point scales of the block at {@code at}. */
  public static void scales(DType type, byte[] b, int at, Random random) {
    switch (type) {
      case F32 -> word(b, at, Float.floatToRawIntBits((float) random.nextGaussian()), 4);
      case BF16 -> word(b, at, Float.floatToRawIntBits((float) random.nextGaussian()) >>> 16, 2);
      case F16 -> half(b, at, random);
      case Q8_0, Q4_0, Q5_0, IQ4_NL, IQ4_XS -> half(b, at, random);
      case IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ1_S -> half(b, at, random);
      case Q4_1, Q5_1, Q4_K, Q5_K -> {
        half(b, at, random);
        half(b, at + 2, random);
      }
      case Q2_K -> {
        half(b, at + 80, random);
        half(b, at + 82, random);
      }
      case Q3_K -> half(b, at + 108, random);
      case Q6_K -> half(b, at + 208, random);
      case TQ1_0 -> half(b, at + 52, random);
      case TQ2_0 -> half(b, at + 64, random);
      case MXFP4 -> b[at] = (byte) (120 + random.nextInt(8));
      case NVFP4 -> word(b, at, random.nextInt() & 0x3F3F3F3F, 4);
      case IQ1_M -> quarters(b, at + 48, random);
      default -> throw new IllegalArgumentException(type.toString());
    }
  }

  private static void half(byte[] b, int at, Random random) {
    word(b, at, Float.floatToFloat16((float) random.nextGaussian() / 16), 2);
  }

  /** A half in the upper quarters of four 16-bit numbers. */
  private static void quarters(byte[] b, int at, Random random) {
    int bits = Float.floatToFloat16((float) random.nextGaussian() / 16);
    for (int k = 0; k < 4; k++) {
      int byteAt = at + 2 * k + 1;
      b[byteAt] = (byte) (b[byteAt] & 15 | (bits >> 4 * k & 15) << 4);
    }
  }

  private static void word(byte[] b, int at, int value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      b[at + i] = (byte) (value >> 8 * i);
    }
  }
}
