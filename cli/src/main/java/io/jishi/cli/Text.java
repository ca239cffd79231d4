// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers for people, the same in every locale. */
final class Text {
  private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB"};

  private static final Pattern SIZE =
      Pattern.compile("([0-9]{1,18}(?:\\.[0-9]{1,9})?) ?([kmgt]?)b?");

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

  /**
   * A size that a user wrote: {@code 6g}, {@code 800m}, {@code 1.5GB} or bytes; thousands, not
   * 1024s.
   *
   * @throws JishiException.BadRequest where it is none
   */
  static long size(String field, String text) {
    Matcher matcher = SIZE.matcher(text.strip().toLowerCase(Locale.ROOT));
    double factor = 0;
    if (matcher.matches()) {
      factor =
          switch (matcher.group(2)) {
            case "k" -> 1e3;
            case "m" -> 1e6;
            case "g" -> 1e9;
            case "t" -> 1e12;
            default -> 1;
          };
    }
    double bytes = factor == 0 ? 0 : Double.parseDouble(matcher.group(1)) * factor;
    if (!(bytes >= 1 && bytes < Long.MAX_VALUE)) {
      throw new JishiException.BadRequest(
          field, "--" + field + " takes a size such as 6g or 800m, not '" + text + "'");
    }
    return (long) bytes;
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
