// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import picocli.CommandLine.Option;

/** The most memory that a command may take, for all its models together. */
final class MemoryOption {
  private static final double GIGABYTE = 1e9;

  @Option(
      names = "--memory-limit",
      paramLabel = "SIZE",
      description =
          "the most that weights, cache and workspace of all models may take, such as 6g or 800m;"
              + " what needs more is refused before it is loaded (default: what the machine or"
              + " container has)")
  private String memory;

  /** Bytes, or 0 where there is no limit. */
  long bytes() {
    return memory == null ? 0 : Text.size("memory-limit", memory);
  }

  /**
   * What is left of the limit for the main model, or 0 where there is none.
   *
   * @param others bytes that other models take, by their options
   * @throws JishiException.OutOfResources where they take all of it
   */
  long beside(Map<String, Long> others) {
    long limit = bytes();
    long taken = others.values().stream().mapToLong(Long::longValue).sum();
    if (limit > 0 && taken >= limit) {
      throw new JishiException.OutOfResources(
          "not enough memory: of the limit of "
              + gigabytes(limit)
              + " nothing is left for the model of -m beside "
              + told(others)
              + "; take smaller models, a smaller --embed-ctx or a higher --memory-limit",
          null);
    }
    return limit == 0 ? 0 : limit - taken;
  }

  /** A refusal that says what others take of the limit. */
  JishiException.OutOfResources beside(
      Map<String, Long> others, JishiException.OutOfResources refused) {
    return bytes() == 0 || others.isEmpty()
        ? refused
        : new JishiException.OutOfResources(
            refused.getMessage()
                + "; of the limit of "
                + gigabytes(bytes())
                + " go "
                + told(others),
            refused);
  }

  private static String told(Map<String, Long> others) {
    StringJoiner told = new StringJoiner(" and ");
    others.forEach((option, bytes) -> told.add(gigabytes(bytes) + " to " + option));
    return told.toString();
  }

  private static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.3f GB", bytes / GIGABYTE);
  }
}
