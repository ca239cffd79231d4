// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.engine.bench.ServeReport;
import java.util.Locale;

/** How an engine served many callers, as text for people. */
final class ServeTable {
  private static final double MILLI = 1e6;

  private ServeTable() {}

  static String report(ServeReport report) {
    StringBuilder text = new StringBuilder();
    text.append(line("%s, %d threads\n", Shell.oneLine(report.model()), report.threads()));
    if (!report.runs().isEmpty()) {
      text.append(
          line(
              "%7s %10s %9s %14s %12s %13s\n",
              "callers", "tokens/s", "of one", "first token ms", "ms per token", "slowest/mean"));
    }
    double one = report.runs().isEmpty() ? 1 : report.runs().getFirst().tokensPerSecond();
    for (ServeReport.Run run : report.runs()) {
      text.append(
          line(
              "%7d %10.2f %8.2fx %14.1f %12.2f %13.2f\n",
              run.streams(),
              run.tokensPerSecond(),
              run.tokensPerSecond() / one,
              run.firstTokenNanos() / MILLI,
              run.perTokenNanos() / MILLI,
              run.worstRatio()));
    }
    if (report.prefix() != null) {
      ServeReport.Prefix prefix = report.prefix();
      text.append(
          line(
              "prefix of %d tokens: first token after %.1f ms, again after %.1f ms (%.2f%%)\n",
              prefix.tokens(),
              prefix.firstNanos() / MILLI,
              prefix.againNanos() / MILLI,
              100 * prefix.againNanos() / prefix.firstNanos()));
    }
    if (report.replay() != null) {
      text.append(replay(report.replay()));
    }
    return text.toString();
  }

  private static String replay(ServeReport.Replay replay) {
    return line(
            "replay of %d requests in %.1f s: %d failed, %d refused as busy; %.1f%% in time, %.2f a"
                + " second\n",
            replay.requests(),
            replay.seconds(),
            replay.failed(),
            replay.refused(),
            100 * replay.inTime(),
            replay.goodput())
        + line(
            "  %.1f tokens/s, %.1f%% of prompt tokens cached, %.1f sequences a step, %d preempted,"
                + " cache at most %d of %d blocks\n",
            replay.tokensPerSecond(),
            100 * replay.hitRate(),
            replay.meanBatch(),
            replay.preemptions(),
            replay.peakBlocks(),
            replay.capacityBlocks())
        + quantiles("first token", replay.firstToken())
        + quantiles("per token", replay.perToken());
  }

  private static String quantiles(String what, ServeReport.Quantiles of) {
    return line(
        "  %-11s median %.1f ms, p90 %.1f ms, p99 %.1f ms\n",
        what, of.median() / MILLI, of.p90() / MILLI, of.p99() / MILLI);
  }

  private static String line(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
