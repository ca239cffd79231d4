// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.tensor.DType;
import java.util.List;
import java.util.Objects;

/**
 * Floats to stored blocks, the inverse of {@link io.jishi.tensor.Dequantizer}: by the rounding
 * rules of ggml's reference quantisers, to the bit, where those are rules; where they are searches
 * (Q2_K to Q6_K, IQ4_NL, IQ4_XS), by a search of our own.
 */
public final class BlockEncoder {
  /** The types that can be written. */
  public static final List<DType> TYPES =
      List.of(
          DType.F32,
          DType.F16,
          DType.BF16,
          DType.Q8_0,
          DType.Q5_1,
          DType.Q5_0,
          DType.Q4_1,
          DType.Q4_0,
          DType.Q6_K,
          DType.Q5_K,
          DType.Q4_K,
          DType.Q3_K,
          DType.Q2_K,
          DType.IQ4_NL,
          DType.IQ4_XS,
          DType.MXFP4,
          DType.TQ2_0,
          DType.TQ1_0);

  private static final int BLOCK = 32;

  private static final ThreadLocal<KEncoder> K = ThreadLocal.withInitial(KEncoder::new);
  private static final ThreadLocal<FourBitEncoder> FOUR_BITS =
      ThreadLocal.withInitial(FourBitEncoder::new);

  private BlockEncoder() {}

  /**
   * The type of that name that can be written.
   *
   * @throws JishiException.BadRequest for another
   */
  public static DType type(String name) {
    for (DType type : TYPES) {
      if (type.name().equalsIgnoreCase(name)) {
        return type;
      }
    }
    throw new JishiException.BadRequest(
        "type", "the type '" + name + "' cannot be written; possible are " + TYPES);
  }

  /**
   * Encodes a row.
   *
   * @param count number of values, a multiple of the block size
   * @param out receives {@code type.rowBytes(count)} bytes
   */
  public static void encode(DType type, float[] values, int count, byte[] out) {
    Objects.checkFromIndexSize(0, count, values.length);
    Objects.checkFromIndexSize(0, Math.toIntExact(type.rowBytes(count)), out.length);
    for (int at = 0, to = 0; at < count; at += type.blockSize(), to += type.blockBytes()) {
      switch (type) {
        case F32 -> put(out, to, Float.floatToRawIntBits(values[at]), 4);
        case F16 -> put(out, to, Float.floatToFloat16(values[at]), 2);
        case BF16 -> put(out, to, bf16(values[at]), 2);
        case Q8_0 -> q8(values, at, out, to);
        case Q4_0 -> q4(values, at, out, to);
        case Q5_0 -> q5(values, at, out, to);
        case Q4_1 -> above(values, at, 15, out, to);
        case Q5_1 -> above(values, at, 31, out, to);
        case Q2_K, Q3_K, Q4_K, Q5_K, Q6_K -> K.get().encode(type, values, at, out, to);
        case IQ4_NL, IQ4_XS, MXFP4 -> FOUR_BITS.get().encode(type, values, at, out, to);
        case TQ1_0 -> TernaryEncoder.tq1(values, at, out, to);
        case TQ2_0 -> TernaryEncoder.tq2(values, at, out, to);
        default -> throw new IllegalArgumentException(type + " has no encoder");
      }
    }
  }

  /** The nearest BF16, ties to even; a NaN stays one and becomes quiet. */
  private static int bf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & 0x7fff_ffff) > 0x7f80_0000) {
      return bits >>> 16 | 64;
    }
    return bits + 0x7fff + (bits >>> 16 & 1) >>> 16;
  }

  /** {@code d = max|x| / 127}, {@code q = round(x / d)}, halves away from zero. */
  private static void q8(float[] x, int at, byte[] out, int to) {
    float most = 0;
    for (int i = 0; i < BLOCK; i++) {
      most = Math.max(most, Math.abs(x[at + i]));
    }
    float d = most / 127;
    float inverse = d == 0 ? 0 : 1 / d;
    put(out, to, Float.floatToFloat16(d), 2);
    for (int i = 0; i < BLOCK; i++) {
      out[to + 2 + i] = (byte) roundAway(x[at + i] * inverse);
    }
  }

  /** The nearest whole number, halves away from zero. */
  static int roundAway(float x) {
    float floor = (float) Math.floor(Math.abs(x));
    float rounded = Math.abs(x) - floor >= 0.5f ? floor + 1 : floor;
    return (int) (x < 0 ? -rounded : rounded);
  }

  /** Writes a number in half precision; returns what can be read of it. */
  static float half(byte[] out, int at, float value) {
    short bits = Float.floatToFloat16(value);
    put(out, at, bits, 2);
    return Float.float16ToFloat(bits);
  }

  /** As {@link #q4} with 32 levels; the fifth bits stand together. */
  private static void q5(float[] x, int at, byte[] out, int to) {
    float most = largest(x, at);
    float d = most / -16;
    float inverse = d == 0 ? 0 : 1 / d;
    put(out, to, Float.floatToFloat16(d), 2);
    int fifth = 0;
    for (int i = 0; i < BLOCK / 2; i++) {
      int low = level(x[at + i], inverse, 16);
      int high = level(x[at + BLOCK / 2 + i], inverse, 16);
      out[to + 6 + i] = (byte) (low & 15 | (high & 15) << 4);
      fifth |= low >> 4 << i | high >> 4 << i + BLOCK / 2;
    }
    put(out, to + 2, fifth, 4);
  }

  /** {@code d = (max − min) / top}, {@code q = ⌊(x − min) / d + 0.5⌋}: Q4_1 and Q5_1. */
  private static void above(float[] x, int at, int top, byte[] out, int to) {
    float least = x[at];
    float most = x[at];
    for (int i = 1; i < BLOCK; i++) {
      least = Math.min(least, x[at + i]);
      most = Math.max(most, x[at + i]);
    }
    float d = (most - least) / top;
    float inverse = d == 0 ? 0 : 1 / d;
    put(out, to, Float.floatToFloat16(d), 2);
    put(out, to + 2, Float.floatToFloat16(least), 2);
    int codes = to + (top > 15 ? 8 : 4);
    int fifth = 0;
    for (int i = 0; i < BLOCK / 2; i++) {
      int low = Math.clamp((int) ((x[at + i] - least) * inverse + 0.5f), 0, top);
      int high = Math.clamp((int) ((x[at + BLOCK / 2 + i] - least) * inverse + 0.5f), 0, top);
      out[codes + i] = (byte) (low & 15 | (high & 15) << 4);
      fifth |= low >> 4 << i | high >> 4 << i + BLOCK / 2;
    }
    if (top > 15) {
      put(out, to + 4, fifth, 4);
    }
  }

  /** The value of the largest size, the first of equal ones. */
  private static float largest(float[] x, int at) {
    float most = 0;
    for (int i = 0; i < BLOCK; i++) {
      most = Math.abs(x[at + i]) > Math.abs(most) ? x[at + i] : most;
    }
    return most;
  }

  /** {@code d = m / -8} for the m of the largest size, {@code q = ⌊x / d + 8.5⌋}, at most 15. */
  private static void q4(float[] x, int at, byte[] out, int to) {
    float most = largest(x, at);
    float d = most / -8;
    float inverse = d == 0 ? 0 : 1 / d;
    put(out, to, Float.floatToFloat16(d), 2);
    for (int i = 0; i < BLOCK / 2; i++) {
      int low = level(x[at + i], inverse, 8);
      int high = level(x[at + BLOCK / 2 + i], inverse, 8);
      out[to + 2 + i] = (byte) (low | high << 4);
    }
  }

  /** The product is exact and the sum rounded once, as with a fused multiply-add. */
  private static int level(float x, float inverse, int middle) {
    int q = (int) (float) (long) ((double) x * inverse + (middle + 0.5));
    return Math.clamp(q, 0, 2 * middle - 1);
  }

  private static void put(byte[] out, int at, int bits, int bytes) {
    for (int b = 0; b < bytes; b++) {
      out[at + b] = (byte) (bits >>> 8 * b);
    }
  }
}
