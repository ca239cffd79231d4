// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import java.util.Arrays;

/**
 * Finds the scale, or scale and minimum, with which few levels stand best for some values: several
 * are tried, each followed by the least squares that are best for its rounding. Larger values weigh
 * more, as they do in products. One object for one thread.
 */
final class Fitting {
  /** How far the tried scales lie apart, in levels, and how many are tried to either side. */
  private static final float STEP = 0.1f;

  private static final int SYMMETRIC_TRIES = 9;
  private static final int AFFINE_TRIES = 20;

  private final int[] codes = new int[256];
  private float scale;
  private float minimum;

  /** What was found last: {@code x ≈ scale · code}, or {@code x ≈ scale · code − minimum}. */
  float scale() {
    return scale;
  }

  /** Not below 0. */
  float minimum() {
    return minimum;
  }

  /**
   * Levels {@code −levels … levels − 1}.
   *
   * @param x values
   * @param at the first
   * @param count how many
   */
  void symmetric(float[] x, int at, int count, int levels) {
    float most = 0;
    for (int i = 0; i < count; i++) {
      most = Math.abs(x[at + i]) > Math.abs(most) ? x[at + i] : most;
    }
    scale = 0;
    minimum = 0;
    if (most == 0) {
      return;
    }
    double best = -1;
    for (int t = -SYMMETRIC_TRIES; t <= SYMMETRIC_TRIES; t++) {
      float inverse = -(levels + STEP * t) / most;
      double qx = 0;
      double qq = 0;
      for (int i = 0; i < count; i++) {
        float v = x[at + i];
        int q = Math.clamp(round(v * inverse), -levels, levels - 1);
        double w = (double) v * v;
        qx += w * q * v;
        qq += w * q * q;
      }
      if (qq > 0 && qx * qx / qq > best) {
        best = qx * qx / qq;
        scale = (float) (qx / qq);
      }
    }
  }

  /** Levels {@code 0 … top}, above a minimum that is at most 0. */
  void affine(float[] x, int at, int count, int top) {
    float least = 0;
    float most = x[at];
    double square = 0;
    for (int i = 0; i < count; i++) {
      least = Math.min(least, x[at + i]);
      most = Math.max(most, x[at + i]);
      square += (double) x[at + i] * x[at + i];
    }
    double typical = Math.sqrt(square / count);
    scale = 0;
    minimum = -least;
    if (most <= least) {
      return; // all values are one, not above 0
    }
    float range = most - least;
    double best = error(x, at, count, typical, top, range / top, least);
    scale = range / top;
    for (int t = 0; t <= AFFINE_TRIES; t++) {
      float inverse = (top - 1 + STEP * t) / range;
      round(x, at, count, top, inverse, least);
      double[] fit = leastSquares(x, at, count, typical);
      if (fit == null) {
        continue;
      }
      double error = error(x, at, count, typical, (float) fit[0], (float) fit[1]);
      if (error < best) {
        best = error;
        scale = (float) fit[0];
        minimum = (float) -fit[1];
      }
    }
  }

  private void round(float[] x, int at, int count, int top, float inverse, float least) {
    for (int i = 0; i < count; i++) {
      codes[i] = Math.clamp(round((x[at + i] - least) * inverse), 0, top);
    }
  }

  private double error(
      float[] x, int at, int count, double typical, int top, float step, float least) {
    round(x, at, count, top, 1 / step, least);
    return error(x, at, count, typical, step, least);
  }

  /** Of the present codes. */
  private double error(float[] x, int at, int count, double typical, float step, float least) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      double d = step * codes[i] + least - x[at + i];
      sum += weight(x[at + i], typical) * d * d;
    }
    return sum;
  }

  private static double weight(float x, double typical) {
    return typical + Math.abs(x);
  }

  /** Step and minimum for the present codes; the minimum is at most 0. Null where there is none. */
  private double[] leastSquares(float[] x, int at, int count, double typical) {
    double sw = 0;
    double sq = 0;
    double sqq = 0;
    double sx = 0;
    double sqx = 0;
    for (int i = 0; i < count; i++) {
      double w = weight(x[at + i], typical);
      int q = codes[i];
      sw += w;
      sq += w * q;
      sqq += w * q * q;
      sx += w * x[at + i];
      sqx += w * q * x[at + i];
    }
    double determinant = sw * sqq - sq * sq;
    if (!(determinant > 0)) {
      return null;
    }
    double step = (sw * sqx - sq * sx) / determinant;
    double least = (sqq * sx - sq * sqx) / determinant;
    if (least > 0) {
      least = 0;
      step = sqx / sqq;
    }
    return step > 0 ? new double[] {step, least} : null;
  }

  /** Codes for {@code x ≈ step · code + offset}, from {@code low} to {@code high}. */
  void codes(float[] x, int at, int count, float step, float offset, int low, int high, int[] to) {
    if (step == 0) {
      Arrays.fill(to, at, at + count, Math.clamp(0, low, high));
      return;
    }
    float inverse = 1 / step;
    for (int i = 0; i < count; i++) {
      to[at + i] = Math.clamp(round((x[at + i] - offset) * inverse), low, high);
    }
  }

  /**
   * The nearest whole number; halves go up. Beyond an int, and for a NaN, the result is bounded.
   */
  static int round(float x) {
    return Math.round(x);
  }
}
