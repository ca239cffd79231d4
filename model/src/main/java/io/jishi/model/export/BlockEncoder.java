// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.tensor.DType;
import java.util.List;
import java.util.Objects;

/**
 * Floats to stored blocks, by the rounding rules of ggml's reference quantisers, to the bit. The
 * inverse of {@link io.jishi.tensor.Dequantizer}.
 */
public final class BlockEncoder {
  /** The types that can be written. */
  public static final List<DType> TYPES =
      List.of(DType.F32, DType.F16, DType.BF16, DType.Q8_0, DType.Q4_0);

  private static final int BLOCK = 32;

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
      float scaled = x[at + i] * inverse;
      float floor = (float) Math.floor(Math.abs(scaled));
      float rounded = Math.abs(scaled) - floor >= 0.5f ? floor + 1 : floor;
      out[to + 2 + i] = (byte) (scaled < 0 ? -rounded : rounded);
    }
  }

  /** {@code d = m / -8} for the m of the largest size, {@code q = ⌊x / d + 8.5⌋}, at most 15. */
  private static void q4(float[] x, int at, byte[] out, int to) {
    float most = 0;
    float size = 0;
    for (int i = 0; i < BLOCK; i++) {
      float value = x[at + i];
      if (Math.abs(value) > size) {
        size = Math.abs(value);
        most = value;
      }
    }
    float d = most / -8;
    float inverse = d == 0 ? 0 : 1 / d;
    put(out, to, Float.floatToFloat16(d), 2);
    for (int i = 0; i < BLOCK / 2; i++) {
      int low = nibble(x[at + i], inverse);
      int high = nibble(x[at + BLOCK / 2 + i], inverse);
      out[to + 2 + i] = (byte) (low | high << 4);
    }
  }

  /** The product is exact and the sum rounded once, as with a fused multiply-add. */
  private static int nibble(float x, float inverse) {
    int q = (int) (float) (long) ((double) x * inverse + 8.5);
    return Math.clamp(q, 0, 15);
  }

  private static void put(byte[] out, int at, int bits, int bytes) {
    for (int b = 0; b < bytes; b++) {
      out[at + b] = (byte) (bits >>> 8 * b);
    }
  }
}
