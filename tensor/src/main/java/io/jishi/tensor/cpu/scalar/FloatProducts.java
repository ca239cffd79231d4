// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.DType;
import io.jishi.tensor.Dequantizer;
import io.jishi.tensor.Weight;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Products of decoded weights and activations, rows across the lanes. */
final class FloatProducts {
  private static final int LANES = Lanes.COUNT;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  /** Columns of a plain type that are staged at a time. */
  private static final int COLUMNS = 32;

  private final float[][] columns = new float[256][LANES];
  private final byte[] row = new byte[256 * Float.BYTES];
  private final short[] shorts = new short[COLUMNS];
  private final float[] values = new float[256];

  /** Columns of that type that are staged at a time. */
  static int step(DType type) {
    return type.plain() ? COLUMNS : type.blockSize();
  }

  /** Brings in columns {@code first … first + n} of rows {@code chunk · LANES … }. */
  void load(Weight weight, int chunk, int first, int n) {
    int rows = Math.min(LANES, weight.rows() - chunk * LANES);
    for (int r = 0; r < rows; r++) {
      decode(weight, chunk * LANES + r, first, n);
      for (int i = 0; i < n; i++) {
        columns[i][r] = values[i];
      }
    }
  }

  private void decode(Weight weight, int r, int first, int n) {
    DType type = weight.type();
    if (weight.layout() == Weight.Layout.PACKED || !type.plain()) {
      weight.storedRow(r, first, n, row);
      Dequantizer.dequantize(type, row, n, values);
      return;
    }
    long at = r * type.rowBytes(weight.cols()) + (long) first * type.blockBytes();
    if (type == DType.F32) {
      MemorySegment.copy(weight.data(), FLOAT, at, values, 0, n);
      return;
    }
    MemorySegment.copy(weight.data(), SHORT, at, shorts, 0, n);
    for (int i = 0; i < n; i++) {
      values[i] =
          type == DType.F16
              ? Float.float16ToFloat(shorts[i])
              : Float.intBitsToFloat(shorts[i] << 16);
    }
  }

  /** Adds {@code n} columns, whose activations start at {@code at}, to one token. */
  void add(float[] x, int at, int n, float[] acc) {
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      four(
          columns[i],
          x[at + i],
          columns[i + 1],
          x[at + i + 1],
          columns[i + 2],
          x[at + i + 2],
          columns[i + 3],
          x[at + i + 3],
          acc);
    }
    for (; i < n; i++) {
      one(columns[i], x[at + i], acc);
    }
  }

  static void four(
      float[] a,
      float xa,
      float[] b,
      float xb,
      float[] c,
      float xc,
      float[] d,
      float xd,
      float[] acc) {
    for (int r = 0; r < LANES; r++) {
      float sum = Math.fma(a[r], xa, acc[r]);
      sum = Math.fma(b[r], xb, sum);
      sum = Math.fma(c[r], xc, sum);
      acc[r] = Math.fma(d[r], xd, sum);
    }
  }

  private static void one(float[] w, float x, float[] acc) {
    for (int r = 0; r < LANES; r++) {
      acc[r] = Math.fma(w[r], x, acc[r]);
    }
  }
}
