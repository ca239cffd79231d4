// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.DType;

/** What {@link Blocks} makes of each integer format, stored or decoded into panels. */
final class Quads {
  private Quads() {}

  /** Whether there is a decoder for this type. */
  static boolean knows(DType type) {
    return switch (type) {
      case Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K -> true;
      case IQ4_NL, IQ4_XS, MXFP4, TQ1_0, TQ2_0 -> true;
      default -> false;
    };
  }

  /** Scales of a group of 32 values of {@code type}. */
  static int parts(DType type) {
    return type == DType.Q2_K || type == DType.Q3_K || type == DType.Q6_K ? 2 : 1;
  }

  /** Whether {@code type} has minima. */
  static boolean hasMin(DType type) {
    return switch (type) {
      case Q4_1, Q5_1, Q2_K, Q4_K, Q5_K -> true;
      default -> false;
    };
  }

  /** {@link Blocks#zero} of {@code type}. */
  static int zero(DType type, Level level) {
    if (hasMin(type)) {
      return 0;
    }
    return level.vnni() ? Blocks.BIAS : added(type);
  }

  /** What {@code type} adds to its values where bytes need no sign then, or {@link Blocks#BIAS}. */
  private static int added(DType type) {
    return switch (type) {
      case Q4_0 -> 8;
      case Q3_K -> 4;
      case TQ1_0, TQ2_0 -> 1;
      default -> Blocks.BIAS;
    };
  }

  /** {@link Blocks#most} of {@code type}, also of damaged blocks. */
  static int most(DType type) {
    return switch (type) {
      case TQ1_0, TQ2_0, Q2_K -> 3;
      case Q3_K -> 7;
      case MXFP4 -> 12;
      case Q4_0, Q4_1, Q4_K -> 15;
      case Q5_0 -> 16;
      case Q5_1, Q5_K -> 31;
      case Q6_K -> 32;
      default -> 128;
    };
  }
}
