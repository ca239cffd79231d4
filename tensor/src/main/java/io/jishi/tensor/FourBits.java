// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/** What the formats of non-linear 4-bit values have in common: the values and the byte scales. */
public final class FourBits {
  /** IQ4_NL and IQ4_XS: near the quantiles of a normal distribution. */
  private static final byte[] NORMAL = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  /** MXFP4 and NVFP4: twice the floats of 1 sign, 2 exponent and 1 mantissa bits. */
  private static final byte[] FLOATS = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

  private FourBits() {}

  /** The integer that code 0–15 of a type stands for. */
  public static int value(DType type, int code) {
    return switch (type) {
      case IQ4_NL, IQ4_XS -> NORMAL[code];
      case MXFP4, NVFP4 -> FLOATS[code];
      default -> throw new IllegalArgumentException(type + " has no table of 4-bit values");
    };
  }

  /** Half of an E8M0 scale (the values are doubled): {@code 2^(code − 128)}, for all 256 codes. */
  public static float halfE8m0(int code) {
    return Float.intBitsToFloat(code < 2 ? 0x00200000 << code : code - 1 << 23);
  }

  /** Half of an unsigned E4M3 scale (the values are doubled); 0 for the code 0x7F. */
  public static float halfE4m3(int code) {
    int exponent = code >> 3 & 15;
    int mantissa = code & 7;
    if (code == 0x7F) {
      return 0;
    }
    return exponent == 0
        ? Math.scalb((float) mantissa, -10)
        : Math.scalb((float) (8 + mantissa), exponent - 11);
  }
}
