// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.engine.bench.ServeOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Option;

/** What {@code bench --serve} asks of the engine. */
final class ServeMixin {
  @Option(
      names = "--serve",
      description =
          "many callers of the engine instead, -b at a time, each with a prompt of -p tokens of its"
              + " own")
  private boolean serve;

  @Option(
      names = "--prefix",
      paramLabel = "TOKENS",
      defaultValue = "0",
      description = "with --serve: a beginning of a prompt that comes twice (default: none)")
  private int prefix;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description =
          "with --serve: requests to replay, a CSV of Azure's traces or JSON lines of Mooncake's")
  private Path trace;

  @Option(
      names = "--requests",
      paramLabel = "N",
      defaultValue = "200",
      description = "with --trace: how many of them (default: ${DEFAULT-VALUE})")
  private int requests;

  @Option(
      names = "--shrink",
      paramLabel = "N",
      defaultValue = "16",
      description = "with --trace: lengths are divided by this (default: ${DEFAULT-VALUE})")
  private int shrink;

  @Option(
      names = "--speed",
      paramLabel = "FACTOR",
      defaultValue = "1",
      description = "with --trace: its clock runs so many times faster (default: ${DEFAULT-VALUE})")
  private double speed;

  boolean asked() {
    return serve;
  }

  ServeOptions options(
      List<Integer> streams, int prompt, int generate, int repeats, int threads, Duration warmUp) {
    return new ServeOptions(
        streams, prompt, generate, repeats, prefix, trace, requests, shrink, speed, threads,
        warmUp);
  }
}
