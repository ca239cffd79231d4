// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * How much memory a copy of the weights may take: of the machine or its container, not of the heap.
 */
public final class MemoryBudget {
  private static final double GIGABYTE = 1e9;

  /** Left to the cache, the heap and the page cache of the file. */
  private static final double SHARE = 0.7;

  private MemoryBudget() {}

  static boolean allows(long bytes) {
    return bytes <= SHARE * available();
  }

  /**
   * Refuses what memory cannot hold.
   *
   * @throws JishiException.OutOfResources with what is missing
   */
  static void require(String what, long bytes) {
    long available = available();
    if (bytes > SHARE * available) {
      throw new JishiException.OutOfResources(
          String.format(
              Locale.ROOT,
              "%s needs %.1f GB of memory while it is made, and of the %.1f GB that are available"
                  + " weights may take %.1f; take a smaller type or shape",
              what,
              bytes / GIGABYTE,
              available / GIGABYTE,
              SHARE * available / GIGABYTE),
          null);
    }
  }

  /** Bytes that can be had now: what the system says is available, capped by the container. */
  public static long available() {
    long limit = Long.MAX_VALUE;
    if (java.lang.management.ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean os) {
      limit = os.getTotalMemorySize();
    }
    return Math.min(limit, systemAvailable(limit));
  }

  private static long systemAvailable(long absent) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/meminfo"), StandardCharsets.US_ASCII)) {
        if (line.startsWith("MemAvailable:")) {
          return Long.parseLong(line.replaceAll("\\D+", "")) * 1024;
        }
      }
    } catch (IOException | NumberFormatException e) {
      return absent; // not Linux: the total is the best that is known
    }
    return absent;
  }
}
