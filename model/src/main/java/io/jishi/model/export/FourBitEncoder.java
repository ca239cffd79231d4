// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.tensor.DType;
import io.jishi.tensor.FourBits;

/** Blocks of non-linear 4-bit values: IQ4_NL, IQ4_XS, MXFP4. One object for one thread. */
final class FourBitEncoder {
  private static final int GROUP = 32;

  /** Scales around the one that makes the largest value fit: so many to either side. */
  private static final int TRIES = 7;

  private final int[] codes = new int[GROUP];
  private final float[] scales = new float[8];

  /** Encodes one block. */
  void encode(DType type, float[] x, int at, byte[] out, int to) {
    switch (type) {
      case IQ4_NL -> {
        float d = BlockEncoder.half(out, to, scale(x, at));
        nearest(type, x, at, d);
        pack(out, to + 2);
      }
      case IQ4_XS -> xs(x, at, out, to);
      case MXFP4 -> mx(x, at, out, to);
      default -> throw new IllegalArgumentException(type + " has no encoder");
    }
  }

  private void xs(float[] x, int at, byte[] out, int to) {
    float largest = 0;
    for (int g = 0; g < 8; g++) {
      scales[g] = scale(x, at + GROUP * g);
      largest = Math.abs(scales[g]) > Math.abs(largest) ? scales[g] : largest;
    }
    float d = BlockEncoder.half(out, to, -largest / 32);
    int high = 0;
    java.util.Arrays.fill(out, to + 4, to + 8, (byte) 0);
    for (int g = 0; g < 8; g++) {
      int level = d == 0 ? 0 : Math.clamp(Fitting.round(scales[g] / d), -32, 31);
      int stored = level + 32;
      out[to + 4 + g / 2] |= (byte) ((stored & 15) << 4 * (g % 2));
      high |= stored >> 4 << 2 * g;
      nearest(DType.IQ4_XS, x, at + GROUP * g, d * level);
      pack(out, to + 8 + 16 * g);
    }
    out[to + 2] = (byte) high;
    out[to + 3] = (byte) (high >> 8);
  }

  /** The scale of 32 values with the best least squares; larger values weigh more. */
  private float scale(float[] x, int at) {
    float most = 0;
    for (int i = 0; i < GROUP; i++) {
      most = Math.abs(x[at + i]) > Math.abs(most) ? x[at + i] : most;
    }
    if (most == 0) {
      return 0;
    }
    float found = 0;
    double best = -1;
    for (int sign = -1; sign <= 1; sign += 2) {
      for (int t = -TRIES; t <= TRIES; t++) {
        float d = sign * most / (FourBits.value(DType.IQ4_NL, 15) + 2 * t);
        nearest(DType.IQ4_NL, x, at, d);
        double qx = 0;
        double qq = 0;
        for (int i = 0; i < GROUP; i++) {
          double w = (double) x[at + i] * x[at + i];
          int q = FourBits.value(DType.IQ4_NL, codes[i]);
          qx += w * q * x[at + i];
          qq += w * q * q;
        }
        if (qq > 0 && qx * qx / qq > best) {
          best = qx * qx / qq;
          found = (float) (qx / qq);
        }
      }
    }
    return found;
  }

  /** {@code e = ⌊log2 max|x|⌋ − 2}: the largest value is at most 6 times the power of two. */
  private void mx(float[] x, int at, byte[] out, int to) {
    float most = 0;
    for (int i = 0; i < GROUP; i++) {
      most = Math.max(most, Math.abs(x[at + i]));
    }
    int power = most > 0 ? (int) Math.floor(Math.log(most) / Math.log(2)) : 0;
    if (most > 0) { // the logarithm may be off by its rounding
      power += Math.scalb(1.0, power + 1) <= most ? 1 : Math.scalb(1.0, power) > most ? -1 : 0;
    }
    int e = most > 0 ? Math.clamp(power - 2 + 127, 0, 254) : 0;
    out[to] = (byte) e;
    nearest(DType.MXFP4, x, at, FourBits.halfE8m0(e));
    pack(out, to + 1);
  }

  /** The first of the nearest codes for each value. */
  private void nearest(DType type, float[] x, int at, float d) {
    for (int i = 0; i < GROUP; i++) {
      int best = 0;
      float least = Float.POSITIVE_INFINITY;
      for (int code = 0; code < 16; code++) {
        float miss = Math.abs(d * FourBits.value(type, code) - x[at + i]);
        if (miss < least) {
          least = miss;
          best = code;
        }
      }
      codes[i] = best;
    }
  }

  private void pack(byte[] out, int to) {
    for (int i = 0; i < GROUP / 2; i++) {
      out[to + i] = (byte) (codes[i] | codes[GROUP / 2 + i] << 4);
    }
  }
}
