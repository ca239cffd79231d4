// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import java.util.Locale;

/** Numbers for people, the same in every locale. */
final class Text {
  private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB"};

  private Text() {}

  /** A size such as {@code 1.5 MiB}. */
  static String bytes(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    double value = bytes / 1024.0;
    int unit = 0;
    while (value >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
  }

  /** A whole number with commas. */
  static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** Seconds from nanoseconds. */
  static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
  }

  /** Tokens per second. */
  static String rate(int tokens, long nanos) {
    return nanos <= 0
        ? "- tokens/s"
        : String.format(Locale.ROOT, "%.1f tokens/s", tokens * 1e9 / nanos);
  }
}
