// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Integer products to the bit, as {@link Linear} defines them, written down once more without
 * lanes, tiles or words: one format of each kind.
 */
class FastArithmeticTest {
  private static final int ROWS = 40;
  private static final int COLS = 512;

  /** 32 weights: integers, and scales and minima of 16 or 32 of them each. */
  private record Group(int[] q, float[] sw, float[] mw) {}

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"Q8_0", "Q4_1", "Q4_K", "Q6_K", "Q2_K", "IQ4_XS"})
  void productsAreTheDefinitionToTheBit(DType type) {
    Weight weight = RandomWeights.make(type, ROWS, COLS, 1);
    Weight bias = RandomWeights.make(DType.F32, 1, ROWS, 2);
    float[] starts = new float[ROWS];
    bias.vector(starts);
    float[][] x = LinearTest.randomRows(3, COLS, 3);
    scaleGroups(x[1]);
    x[2][70] = Float.NEGATIVE_INFINITY;
    float[][] y = LinearTest.run(Linear.of(List.of(weight), List.of(bias)), x, Precision.FAST, 2);
    byte[] row = new byte[Math.toIntExact(type.rowBytes(COLS))];
    for (int o = 0; o < ROWS; o++) {
      weight.storedRow(o, 0, COLS, row);
      for (int t = 0; t < x.length; t++) {
        Float expected = dot(type, row, x[t], starts[o]); // boxed: NaN is equal to itself
        assertThat(y[t][o]).as("row %d, token %d", o, t).isEqualTo(expected);
      }
    }
  }

  /** Groups of very different sizes, down to ones whose scale is below the normal numbers. */
  private static void scaleGroups(float[] x) {
    for (int i = 0; i < x.length; i++) {
      x[i] = Math.scalb(x[i], 20 - 12 * (i / 32));
    }
  }

  private static float dot(DType type, byte[] row, float[] x, float start) {
    float acc = start;
    for (int g = 0; g < x.length / 32; g++) {
      Group w = group(type, row, g);
      float max = 0;
      for (int i = 0; i < 32; i++) {
        max = Math.max(max, Math.abs(x[32 * g + i]));
      }
      float sx = max < Float.POSITIVE_INFINITY ? max / 127 : Float.NaN;
      int parts = w.sw.length;
      for (int part = 0; part < parts; part++) {
        int sum = 0;
        for (int i = part * 32 / parts; i < (part + 1) * 32 / parts; i++) {
          sum += w.q[i] * rounded(x[32 * g + i], sx);
        }
        acc = Math.fma((float) sum, w.sw[part] * sx, acc);
      }
      for (int part = 0; part < w.mw.length; part++) {
        int sum = 0;
        for (int i = part * 32 / parts; i < (part + 1) * 32 / parts; i++) {
          sum += rounded(x[32 * g + i], sx);
        }
        acc = Math.fma(w.mw[part], sx * sum, acc);
      }
    }
    return acc;
  }

  private static int rounded(float x, float sx) {
    return sx >= Float.MIN_NORMAL ? (int) Math.rint(x * (1 / sx)) : 0;
  }

  private static Group group(DType type, byte[] row, int g) {
    int at = 32 * g / type.blockSize() * type.blockBytes();
    int first = 32 * g % type.blockSize();
    int[] q = new int[32];
    for (int i = 0; i < 32; i++) {
      q[i] = integer(type, row, at, first + i);
    }
    int s = first / 16;
    return switch (type) {
      case Q8_0 -> new Group(q, new float[] {half(row, at)}, new float[0]);
      case Q4_1 -> new Group(q, new float[] {half(row, at)}, new float[] {half(row, at + 2)});
      case Q4_K -> {
        float sw = half(row, at) * six(row, at + 4, s / 2, 0);
        float mw = -half(row, at + 2) * six(row, at + 4, s / 2, 4);
        yield new Group(q, new float[] {sw}, new float[] {mw});
      }
      case Q6_K -> {
        float d = half(row, at + 208);
        float[] sw = {d * row[at + 192 + s], d * row[at + 193 + s]};
        yield new Group(q, sw, new float[0]);
      }
      case Q2_K -> {
        float d = half(row, at + 80);
        float m = -half(row, at + 82);
        float[] sw = {d * (row[at + s] & 15), d * (row[at + s + 1] & 15)};
        float[] mw = {m * (row[at + s] >> 4 & 15), m * (row[at + s + 1] >> 4 & 15)};
        yield new Group(q, sw, mw);
      }
      default -> {
        int high = row[at + 2] & 255 | row[at + 3] << 8;
        int sub = row[at + 4 + s / 4] >> 4 * (s / 2 % 2) & 15 | (high >> s & 3) << 4;
        yield new Group(q, new float[] {half(row, at) * (sub - 32)}, new float[0]);
      }
    };
  }

  private static int integer(DType type, byte[] b, int at, int i) {
    int nibble = i / 16 % 2 * 4;
    return switch (type) {
      case Q8_0 -> b[at + 2 + i];
      case Q4_1 -> b[at + 4 + i % 16] >> nibble & 15;
      case Q4_K -> b[at + 16 + i / 64 * 32 + i % 32] >> 4 * (i / 32 % 2) & 15;
      case Q6_K -> {
        int low = b[at + i / 128 * 64 + i % 64] >> 4 * (i / 64 % 2) & 15;
        int high = b[at + 128 + i / 128 * 32 + i % 32] >> 2 * (i / 32 % 4) & 3;
        yield low + 16 * high - 32;
      }
      case Q2_K -> b[at + 16 + i / 128 * 32 + i % 32] >> 2 * (i / 32 % 4) & 3;
      default -> FourBits.value(DType.IQ4_XS, b[at + 8 + i / 32 * 16 + i % 16] >> nibble & 15);
    };
  }

  /** The 6-bit scales (first 0) or minima (first 4) of Q4_K. */
  private static int six(byte[] b, int at, int j, int first) {
    if (j < 4) {
      return b[at + first + j] & 63;
    }
    return b[at + 4 + j] >> first & 15 | (b[at + first + j - 4] & 0xC0) >> 2;
  }

  private static float half(byte[] b, int at) {
    return Float.float16ToFloat((short) (b[at] & 255 | b[at + 1] << 8));
  }
}
