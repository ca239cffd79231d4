// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import java.util.Arrays;
import java.util.Objects;

/** Products of integer weights and activations, rows across the lanes, to the bit as defined. */
final class IntegerProducts {
  private static final int LANES = Lanes.COUNT;

  private final int[] sum = new int[LANES];

  /** Adds the tile's group of 32 values, whose activations start at {@code at}, to one token. */
  void group(Tile tile, Quantized x, int at, float[] acc) {
    int first = x.sums[at / 16];
    int second = x.sums[at / 16 + 1];
    float scale = x.scales[at / 32];
    if (tile.halves) {
      Arrays.fill(sum, -tile.bias * first);
      sixteen(tile, 0, x.values, at);
      scale(sum, tile.sw[0], scale, acc);
      Arrays.fill(sum, -tile.bias * second);
      sixteen(tile, 4, x.values, at + 16);
      scale(sum, tile.sw[1], scale, acc);
    } else {
      Arrays.fill(sum, -tile.bias * (first + second));
      sixteen(tile, 0, x.values, at);
      sixteen(tile, 4, x.values, at + 16);
      scale(sum, tile.sw[0], scale, acc);
    }
    if (tile.minima && tile.halves) {
      shift(tile.mw[0], scale * first, acc);
      shift(tile.mw[1], scale * second, acc);
    } else if (tile.minima) {
      shift(tile.mw[0], scale * (first + second), acc);
    }
  }

  /** Adds the exact products of 16 values. */
  private void sixteen(Tile tile, int first, byte[] values, int at) {
    words(tile.q[first], tile.q[first + 1], values, at, sum);
    words(tile.q[first + 2], tile.q[first + 3], values, at + 8, sum);
  }

  /**
   * Adds the exact products of two words of four unsigned bytes, whose activations start at {@code
   * at}. The shape is C2's (25.0.3): a loop of more than two products is not unrolled far enough to
   * be vectorised, nor are all loops of a method that has more than about four. So this method has
   * four and is too long (over 325 bytes of code, with its checks) to be inlined among others: that
   * doubled the speed of decode, which varied by the same factor from run to run before.
   */
  static void words(int[] a, int[] b, byte[] v, int at, int[] sum) {
    if (a.length != LANES) {
      throw new IllegalArgumentException("lanes of the first word: " + a.length);
    }
    if (b.length != LANES) {
      throw new IllegalArgumentException("lanes of the second word: " + b.length);
    }
    if (sum.length != LANES) {
      throw new IllegalArgumentException("lanes of the sums: " + sum.length);
    }
    Objects.checkFromIndexSize(at, 8, v.length);
    int x0 = v[at];
    int x1 = v[at + 1];
    int x2 = v[at + 2];
    int x3 = v[at + 3];
    for (int r = 0; r < LANES; r++) {
      sum[r] += (a[r] & 255) * x0 + (a[r] >>> 24) * x3;
    }
    for (int r = 0; r < LANES; r++) {
      sum[r] += (a[r] >>> 8 & 255) * x1 + (a[r] >>> 16 & 255) * x2;
    }
    int x4 = v[at + 4];
    int x5 = v[at + 5];
    int x6 = v[at + 6];
    int x7 = v[at + 7];
    for (int r = 0; r < LANES; r++) {
      sum[r] += (b[r] & 255) * x4 + (b[r] >>> 24) * x7;
    }
    for (int r = 0; r < LANES; r++) {
      sum[r] += (b[r] >>> 8 & 255) * x5 + (b[r] >>> 16 & 255) * x6;
    }
  }

  private static void scale(int[] sum, float[] sw, float scale, float[] acc) {
    for (int r = 0; r < LANES; r++) {
      acc[r] = Math.fma((float) sum[r], sw[r] * scale, acc[r]);
    }
  }

  private static void shift(float[] mw, float sum, float[] acc) {
    for (int r = 0; r < LANES; r++) {
      acc[r] = Math.fma(mw[r], sum, acc[r]);
    }
  }
}
