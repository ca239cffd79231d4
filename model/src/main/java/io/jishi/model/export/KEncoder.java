// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.tensor.DType;

/**
 * Blocks of 256 values in small groups with scales of their own, which are small whole numbers
 * times the block's: Q2_K to Q6_K. The layouts are those that {@link io.jishi.tensor.Dequantizer}
 * reads. One object for one thread.
 */
final class KEncoder {
  private static final int BLOCK = 256;

  private final Fitting fitting = new Fitting();
  private final float[] scales = new float[16];
  private final float[] minima = new float[16];
  private final int[] s = new int[16];
  private final int[] m = new int[16];
  private final int[] q = new int[BLOCK];
  private final float[] block = new float[BLOCK];

  /** Encodes one block. */
  void encode(DType type, float[] x, int at, byte[] out, int to) {
    System.arraycopy(x, at, block, 0, BLOCK);
    java.util.Arrays.fill(out, to, to + type.blockBytes(), (byte) 0);
    switch (type) {
      case Q2_K -> q2(out, to);
      case Q3_K -> q3(out, to);
      case Q4_K -> q45(false, out, to);
      case Q5_K -> q45(true, out, to);
      case Q6_K -> q6(out, to);
      default -> throw new IllegalArgumentException(type + " has no encoder");
    }
  }

  /**
   * Groups with scale and minimum.
   *
   * @param top the highest level
   * @param most the highest scale and minimum
   */
  private void affine(int size, int top, int most, byte[] out, int scaleAt, int minimumAt) {
    int groups = BLOCK / size;
    float scale = 0;
    float minimum = 0;
    for (int g = 0; g < groups; g++) {
      fitting.affine(block, g * size, size, top);
      scales[g] = fitting.scale();
      minima[g] = fitting.minimum();
      scale = Math.max(scale, scales[g]);
      minimum = Math.max(minimum, minima[g]);
    }
    float d = BlockEncoder.half(out, scaleAt, scale / most);
    float dm = BlockEncoder.half(out, minimumAt, minimum / most);
    for (int g = 0; g < groups; g++) {
      s[g] = level(scales[g], d, most);
      m[g] = level(minima[g], dm, most);
      fitting.codes(block, g * size, size, d * s[g], -dm * m[g], 0, top, q);
    }
  }

  private static int level(float value, float unit, int most) {
    return unit == 0 ? 0 : Math.clamp(Fitting.round(value / unit), 0, most);
  }

  /**
   * Groups with a scale of either sign.
   *
   * @param levels half of the levels
   * @param most the scale of the largest group is {@code −most}
   */
  private void symmetric(int levels, int most, byte[] out, int scaleAt) {
    float largest = 0;
    for (int g = 0; g < 16; g++) {
      fitting.symmetric(block, 16 * g, 16, levels);
      scales[g] = fitting.scale();
      largest = Math.abs(scales[g]) > Math.abs(largest) ? scales[g] : largest;
    }
    float d = BlockEncoder.half(out, scaleAt, -largest / most);
    for (int g = 0; g < 16; g++) {
      s[g] = d == 0 ? 0 : Math.clamp(Fitting.round(scales[g] / d), -most, most - 1);
      fitting.codes(block, 16 * g, 16, d * s[g], 0, -levels, levels - 1, q);
    }
  }

  private void q2(byte[] out, int to) {
    affine(16, 3, 15, out, to + 80, to + 82);
    for (int g = 0; g < 16; g++) {
      out[to + g] = (byte) (s[g] | m[g] << 4);
    }
    for (int i = 0; i < BLOCK; i++) {
      out[to + 16 + 32 * (i / 128) + i % 32] |= (byte) (q[i] << 2 * (i / 32 % 4));
    }
  }

  private void q3(byte[] out, int to) {
    symmetric(4, 32, out, to + 108);
    for (int g = 0; g < 16; g++) {
      int stored = s[g] + 32;
      out[to + 96 + g % 8] |= (byte) ((stored & 15) << 4 * (g / 8));
      out[to + 104 + g % 4] |= (byte) ((stored >> 4) << 2 * (g / 4));
    }
    for (int i = 0; i < BLOCK; i++) {
      int code = q[i] + 4;
      out[to + 32 + 32 * (i / 128) + i % 32] |= (byte) ((code & 3) << 2 * (i / 32 % 4));
      out[to + i % 32] |= (byte) ((code >> 2) << i / 32);
    }
  }

  private void q45(boolean five, byte[] out, int to) {
    affine(32, five ? 31 : 15, 63, out, to, to + 2);
    for (int g = 0; g < 4; g++) {
      out[to + 4 + g] = (byte) (s[g] | (s[g + 4] >> 4) << 6);
      out[to + 8 + g] = (byte) (m[g] | (m[g + 4] >> 4) << 6);
      out[to + 12 + g] = (byte) (s[g + 4] & 15 | (m[g + 4] & 15) << 4);
    }
    int low = to + (five ? 48 : 16);
    for (int i = 0; i < BLOCK; i++) {
      int group = i / 32;
      out[low + 32 * (group / 2) + i % 32] |= (byte) ((q[i] & 15) << 4 * (group % 2));
      if (five) {
        out[to + 16 + i % 32] |= (byte) ((q[i] >> 4) << group);
      }
    }
  }

  private void q6(byte[] out, int to) {
    symmetric(32, 128, out, to + 208);
    for (int g = 0; g < 16; g++) {
      out[to + 192 + g] = (byte) s[g];
    }
    for (int i = 0; i < BLOCK; i++) {
      int code = q[i] + 32;
      int part = i / 128;
      int quarter = i / 32 % 4;
      out[to + 64 * part + 32 * (quarter & 1) + i % 32] |=
          (byte) ((code & 15) << 4 * (quarter >> 1));
      out[to + 128 + 32 * part + i % 32] |= (byte) ((code >> 4) << 2 * quarter);
    }
  }
}
