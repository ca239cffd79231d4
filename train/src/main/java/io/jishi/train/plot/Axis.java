// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.plot;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** From values to places, with ticks at round numbers. */
final class Axis {
  private static final int TICKS = 6; // or so

  private final double least;
  private final double most;
  private final boolean logarithmic;
  private final double from;
  private final double to;

  private Axis(double least, double most, boolean logarithmic, double from, double to) {
    this.least = least;
    this.most = most;
    this.logarithmic = logarithmic;
    this.from = from;
    this.to = to;
  }

  /** What values there are. */
  static final class Range {
    private double least = Double.POSITIVE_INFINITY;
    private double most = Double.NEGATIVE_INFINITY;

    void add(double value) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }

  static Axis of(Range range, boolean logarithmic, double from, double to) {
    double least = range.least;
    double most = range.most;
    if (least > most) { // nothing to draw
      least = logarithmic ? 1 : 0;
      most = 10;
    }
    if (logarithmic) {
      least = Math.log10(least);
      most = Math.log10(most);
    }
    double span = most - least;
    // Far below the size of the values a span is rounding, not a range.
    if (span <= 1e-9 * Math.max(Math.abs(most), Math.abs(least)) || span == 0) {
      double half = Math.max(0.5, Math.abs(most) / 2);
      return new Axis(least - half, most + half, logarithmic, from, to);
    }
    return new Axis(least - span * 0.03, most + span * 0.03, logarithmic, from, to);
  }

  /** Where a value stands. */
  double place(double value) {
    double v = logarithmic ? Math.log10(value) : value;
    return from + (v - least) / (most - least) * (to - from);
  }

  /** Round values between both ends. */
  List<Double> ticks() {
    double rough = (most - least) / TICKS;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double step = power * 10;
    for (double nice : new double[] {1, 2, 5}) {
      if (nice * power >= rough) {
        step = nice * power;
        break;
      }
    }
    List<Double> ticks = new ArrayList<>();
    long first = (long) Math.ceil(least / step);
    for (long i = first; i * step <= most && ticks.size() < 3 * TICKS; i++) {
      double value = i * step;
      ticks.add(logarithmic ? Math.pow(10, value) : value);
    }
    return ticks;
  }

  /** A value for people. */
  static String label(double value) {
    double size = Math.abs(value);
    if (value == 0) {
      return "0";
    }
    if (size >= 1e6 || size < 1e-3) {
      return String.format(Locale.ROOT, "%.1e", value).replaceFirst("\\.0e", "e");
    }
    String text = String.format(Locale.ROOT, "%.4f", value);
    return text.replaceFirst("\\.?0+$", "");
  }
}
