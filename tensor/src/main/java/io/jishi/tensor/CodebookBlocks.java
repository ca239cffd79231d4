// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/** Blocks of the codebook formats to floats: see {@link Dequantizer}. */
final class CodebookBlocks {
  private CodebookBlocks() {}

  /** 2 bytes of scale; per 32 values 4 bytes of points, then 4 × 7 bits of signs and a scale. */
  static void iq2xxs(byte[] b, int p, float[] out, int o) {
    float d = Dequantizer.half(b, p);
    for (int g = 0; g < 8; g++) {
      int at = p + 2 + 8 * g;
      int signs = Dequantizer.word(b, at + 4);
      float scale = d * (0.5f + (signs >>> 28)) * 0.25f;
      for (int l = 0; l < 4; l++) {
        int sign = parity(signs >> 7 * l);
        point(Codebook.IQ2_XXS, b[at + l] & 255, scale, sign, out, o + 32 * g + 8 * l);
      }
    }
  }

  /** 2 bytes of scale; 32 × 2 bytes of 9 bits of point and 7 of signs; 16 scales of 4 bits. */
  static void iq2xs(byte[] b, int p, float[] out, int o) {
    float d = Dequantizer.half(b, p);
    for (int l = 0; l < 32; l++) {
      int q = pair(b, p + 2 + 2 * l);
      float scale = d * (0.5f + nibble(b, p + 66, l / 2)) * 0.25f;
      point(Codebook.IQ2_XS, q & 511, scale, parity(q >> 9), out, o + 8 * l);
    }
  }

  /** 2 bytes of scale; 32 points, 32 bytes of signs, 32 × 2 more bits of points; 16 scales. */
  static void iq2s(byte[] b, int p, float[] out, int o) {
    float d = Dequantizer.half(b, p);
    for (int l = 0; l < 32; l++) {
      int q = b[p + 2 + l] & 255 | (b[p + 66 + l / 4] >> 2 * (l % 4) & 3) << 8;
      float scale = d * (0.5f + nibble(b, p + 74, l / 2)) * 0.25f;
      point(Codebook.IQ2_S, q, scale, b[p + 34 + l], out, o + 8 * l);
    }
  }

  /** 2 bytes of scale; 64 points; per 32 values 4 × 7 bits of signs and a scale. */
  static void iq3xxs(byte[] b, int p, float[] out, int o) {
    float d = Dequantizer.half(b, p);
    for (int l = 0; l < 64; l++) {
      int signs = Dequantizer.word(b, p + 66 + 4 * (l / 8));
      int sign = parity(signs >> 7 * (l / 2 % 4)) >> 4 * (l % 2);
      float scale = d * (0.5f + (signs >>> 28)) * 0.5f;
      point(Codebook.IQ3_XXS, b[p + 2 + l] & 255, scale, sign, out, o + 4 * l);
    }
  }

  /** 2 bytes of scale; 64 points, 64 more bits of them; 32 bytes of signs; 8 scales of 4 bits. */
  static void iq3s(byte[] b, int p, float[] out, int o) {
    float d = Dequantizer.half(b, p);
    for (int l = 0; l < 64; l++) {
      int q = b[p + 2 + l] & 255 | (b[p + 66 + l / 8] >> l % 8 & 1) << 8;
      int sign = b[p + 74 + l / 2] >> 4 * (l % 2);
      float scale = d * (1 + 2 * nibble(b, p + 106, l / 8));
      point(Codebook.IQ3_S, q, scale, sign, out, o + 4 * l);
    }
  }

  /** 2 bytes of scale; 32 points; per 32 values 4 × 3 more bits of points, a scale, a shift. */
  static void iq1s(byte[] b, int p, float[] out, int o) {
    float d = Dequantizer.half(b, p);
    for (int l = 0; l < 32; l++) {
      int high = pair(b, p + 34 + 2 * (l / 4));
      int q = b[p + 2 + l] & 255 | (high >> 3 * (l % 4) & 7) << 8;
      ternary(q, d * (2 * (high >> 12 & 7) + 1), (high & 0x8000) != 0, out, o + 8 * l);
    }
  }

  /**
   * 32 points; 32 × 3 more bits of them and a shift; 4 × 2 bytes of four 3-bit scales and a quarter
   * of the scale of all.
   */
  static void iq1m(byte[] b, int p, float[] out, int o) {
    int bits = 0;
    for (int k = 0; k < 4; k++) {
      bits |= pair(b, p + 48 + 2 * k) >> 12 << 4 * k;
    }
    float d = Float.float16ToFloat((short) bits);
    for (int l = 0; l < 32; l++) {
      int high = b[p + 32 + l / 2] >> 4 * (l % 2);
      int q = b[p + l] & 255 | (high & 7) << 8;
      int scale = pair(b, p + 48 + 2 * (l / 8)) >> 3 * (l / 2 % 4) & 7;
      ternary(q, d * (2 * scale + 1), (high & 8) != 0, out, o + 8 * l);
    }
  }

  private static void point(Codebook book, int q, float scale, int sign, float[] out, int o) {
    for (int i = 0; i < book.width(); i++) {
      out[o + i] = scale * (book.value(q, i) * (1 - 2 * (sign >> i & 1)));
    }
  }

  private static void ternary(int q, float scale, boolean down, float[] out, int o) {
    float shift = down ? -0.125f : 0.125f;
    for (int i = 0; i < 8; i++) {
      out[o + i] = scale * (Codebook.IQ1.value(q, i) + shift);
    }
  }

  /** Seven signs and an eighth that makes their number even. */
  private static int parity(int signs) {
    return signs & 127 | (Integer.bitCount(signs & 127) & 1) << 7;
  }

  private static int nibble(byte[] b, int p, int i) {
    return b[p + i / 2] >> 4 * (i % 2) & 15;
  }

  private static int pair(byte[] b, int p) {
    return b[p] & 255 | (b[p + 1] & 255) << 8;
  }
}
