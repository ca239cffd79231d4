// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.util.Objects;

/**
 * Stored blocks to floats, one value after another, after the definitions of the GGUF block formats
 * (ggml). The oracle of every faster decoder.
 */
public final class Dequantizer {
  private static final int[] POWERS_OF_3 = {1, 3, 9, 27, 81};

  private Dequantizer() {}

  /**
   * Decodes a row.
   *
   * @param raw the row's bytes, {@code type.rowBytes(count)} of them
   * @param count number of values, a multiple of the block size
   * @param out receives {@code count} values
   */
  public static void dequantize(DType type, byte[] raw, int count, float[] out) {
    Objects.checkFromIndexSize(0, Math.toIntExact(type.rowBytes(count)), raw.length);
    Objects.checkFromIndexSize(0, count, out.length);
    for (int block = 0; block < count / type.blockSize(); block++) {
      block(type, raw, block * type.blockBytes(), out, block * type.blockSize());
    }
  }

  private static void block(DType type, byte[] b, int p, float[] out, int o) {
    switch (type) {
      case F32 -> out[o] = Float.intBitsToFloat(word(b, p));
      case F16 -> out[o] = half(b, p);
      case BF16 -> out[o] = Float.intBitsToFloat((b[p] & 255) << 16 | b[p + 1] << 24);
      case Q8_0 -> q8(b, p, out, o);
      case Q4_0, Q4_1 -> q4(type, b, p, out, o);
      case Q5_0, Q5_1 -> q5(type, b, p, out, o);
      case Q2_K -> q2k(b, p, out, o);
      case Q3_K -> q3k(b, p, out, o);
      case Q4_K -> q4k(b, p, out, o);
      case Q5_K -> q5k(b, p, out, o);
      case Q6_K -> q6k(b, p, out, o);
      case IQ4_NL -> fourBits(type, half(b, p), b, p + 2, 16, out, o);
      case MXFP4 -> fourBits(type, FourBits.halfE8m0(b[p] & 255), b, p + 1, 16, out, o);
      case NVFP4 -> nvfp4(b, p, out, o);
      case IQ4_XS -> iq4xs(b, p, out, o);
      case TQ1_0 -> tq1(b, p, out, o);
      case TQ2_0 -> tq2(b, p, out, o);
      case IQ2_XXS -> CodebookBlocks.iq2xxs(b, p, out, o);
      case IQ2_XS -> CodebookBlocks.iq2xs(b, p, out, o);
      case IQ2_S -> CodebookBlocks.iq2s(b, p, out, o);
      case IQ3_XXS -> CodebookBlocks.iq3xxs(b, p, out, o);
      case IQ3_S -> CodebookBlocks.iq3s(b, p, out, o);
      case IQ1_S -> CodebookBlocks.iq1s(b, p, out, o);
      case IQ1_M -> CodebookBlocks.iq1m(b, p, out, o);
      default -> throw new IllegalArgumentException(type + " has no decoder");
    }
  }

  private static void q8(byte[] b, int p, float[] out, int o) {
    float d = half(b, p);
    for (int i = 0; i < 32; i++) {
      out[o + i] = d * b[p + 2 + i];
    }
  }

  private static void q4(DType type, byte[] b, int p, float[] out, int o) {
    float d = half(b, p);
    boolean shifted = type == DType.Q4_0;
    float m = shifted ? 0 : half(b, p + 2);
    int q = p + (shifted ? 2 : 4);
    int bias = shifted ? 8 : 0;
    for (int i = 0; i < 16; i++) {
      out[o + i] = d * ((b[q + i] & 15) - bias) + m;
      out[o + 16 + i] = d * (((b[q + i] >> 4) & 15) - bias) + m;
    }
  }

  private static void q5(DType type, byte[] b, int p, float[] out, int o) {
    float d = half(b, p);
    boolean shifted = type == DType.Q5_0;
    float m = shifted ? 0 : half(b, p + 2);
    int at = p + (shifted ? 2 : 4);
    int high = word(b, at);
    int q = at + 4;
    int bias = shifted ? 16 : 0;
    for (int i = 0; i < 16; i++) {
      out[o + i] = d * ((b[q + i] & 15 | (high >> i & 1) << 4) - bias) + m;
      out[o + 16 + i] = d * ((b[q + i] >> 4 & 15 | (high >> i + 16 & 1) << 4) - bias) + m;
    }
  }

  private static void q2k(byte[] b, int p, float[] out, int o) {
    float d = half(b, p + 80);
    float min = half(b, p + 82);
    for (int i = 0; i < 256; i++) {
      int scale = b[p + i / 16];
      int q = b[p + 16 + 32 * (i / 128) + i % 32] >> 2 * (i / 32 % 4) & 3;
      out[o + i] = d * (scale & 15) * q - min * (scale >> 4 & 15);
    }
  }

  private static void q3k(byte[] b, int p, float[] out, int o) {
    float d = half(b, p + 108);
    for (int i = 0; i < 256; i++) {
      int low = b[p + 32 + 32 * (i / 128) + i % 32] >> 2 * (i / 32 % 4) & 3;
      int high = b[p + i % 32] >> i / 32 & 1;
      out[o + i] = d * (q3kScale(b, p + 96, i / 16) - 32) * ((low | high << 2) - 4);
    }
  }

  private static int q3kScale(byte[] b, int p, int i) {
    int low = i < 8 ? b[p + i] & 15 : b[p + i - 8] >> 4 & 15;
    return low | (b[p + 8 + i % 4] >> 2 * (i / 4) & 3) << 4;
  }

  private static void q4k(byte[] b, int p, float[] out, int o) {
    float d = half(b, p);
    float min = half(b, p + 2);
    for (int i = 0; i < 256; i++) {
      int group = i / 32;
      int q = b[p + 16 + 32 * (group / 2) + i % 32] >> 4 * (group % 2) & 15;
      out[o + i] = d * scale6(b, p + 4, group) * q - min * min6(b, p + 4, group);
    }
  }

  private static void q5k(byte[] b, int p, float[] out, int o) {
    float d = half(b, p);
    float min = half(b, p + 2);
    for (int i = 0; i < 256; i++) {
      int group = i / 32;
      int low = b[p + 48 + 32 * (group / 2) + i % 32] >> 4 * (group % 2) & 15;
      int high = b[p + 16 + i % 32] >> group & 1;
      out[o + i] = d * scale6(b, p + 4, group) * (low | high << 4) - min * min6(b, p + 4, group);
    }
  }

  /** Scale {@code j} of the 12 bytes that hold eight 6-bit scales and eight 6-bit minima. */
  private static int scale6(byte[] b, int p, int j) {
    return j < 4 ? b[p + j] & 63 : b[p + j + 4] & 15 | (b[p + j - 4] >> 6 & 3) << 4;
  }

  private static int min6(byte[] b, int p, int j) {
    return j < 4 ? b[p + j + 4] & 63 : b[p + j + 4] >> 4 & 15 | (b[p + j] >> 6 & 3) << 4;
  }

  private static void q6k(byte[] b, int p, float[] out, int o) {
    float d = half(b, p + 208);
    for (int i = 0; i < 256; i++) {
      int part = i / 128;
      int quarter = i / 32 % 4;
      int low = b[p + 64 * part + 32 * (quarter & 1) + i % 32] >> 4 * (quarter >> 1) & 15;
      int high = b[p + 128 + 32 * part + i % 32] >> 2 * quarter & 3;
      out[o + i] = d * b[p + 192 + i / 16] * ((low | high << 4) - 32);
    }
  }

  /** Codes of {@code n} values in the low nibbles of n bytes, then of n in the high ones. */
  private static void fourBits(DType type, float d, byte[] b, int p, int n, float[] out, int o) {
    for (int i = 0; i < n; i++) {
      out[o + i] = d * FourBits.value(type, b[p + i] & 15);
      out[o + n + i] = d * FourBits.value(type, b[p + i] >> 4 & 15);
    }
  }

  private static void nvfp4(byte[] b, int p, float[] out, int o) {
    for (int i = 0; i < 4; i++) {
      float d = FourBits.halfE4m3(b[p + i] & 255);
      fourBits(DType.NVFP4, d, b, p + 4 + 8 * i, 8, out, o + 16 * i);
    }
  }

  private static void iq4xs(byte[] b, int p, float[] out, int o) {
    float d = half(b, p);
    int high = word(b, p) >>> 16;
    for (int g = 0; g < 8; g++) {
      int scale = b[p + 4 + g / 2] >> 4 * (g % 2) & 15 | (high >> 2 * g & 3) << 4;
      fourBits(DType.IQ4_XS, d * (scale - 32), b, p + 8 + 16 * g, 16, out, o + 32 * g);
    }
  }

  /** Five ternary digits to a byte, read as a fraction of 256; four in the last four bytes. */
  private static void tq1(byte[] b, int p, float[] out, int o) {
    float d = half(b, p + 52);
    for (int i = 0; i < 256; i++) {
      int at = i < 160 ? i % 32 : i < 240 ? 32 + i % 16 : 48 + i % 4;
      int digit = i < 160 ? i / 32 : i < 240 ? (i - 160) / 16 : (i - 240) / 4;
      int fraction = b[p + at] * POWERS_OF_3[digit] & 255;
      out[o + i] = d * ((fraction * 3 >> 8) - 1);
    }
  }

  private static void tq2(byte[] b, int p, float[] out, int o) {
    float d = half(b, p + 64);
    for (int i = 0; i < 256; i++) {
      int q = b[p + 32 * (i / 128) + i % 32] >> 2 * (i / 32 % 4) & 3;
      out[o + i] = d * (q - 1);
    }
  }

  static float half(byte[] b, int p) {
    return Float.float16ToFloat((short) (b[p] & 255 | b[p + 1] << 8));
  }

  static int word(byte[] b, int p) {
    return b[p] & 255 | (b[p + 1] & 255) << 8 | (b[p + 2] & 255) << 16 | b[p + 3] << 24;
  }
}
