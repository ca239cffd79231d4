// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.engine.bench.BenchReport;
import io.jishi.engine.bench.Profile;
import io.jishi.engine.bench.ScalingReport;
import io.jishi.model.RandomSpec;
import io.jishi.model.WeightMix;
import java.util.Locale;

/** Measurements as text for people. */
final class BenchTable {
  private static final double GIGA = 1e9;
  private static final double NANOS_PER_MILLI = 1e6;

  private BenchTable() {}

  /** The shapes and types of random models. */
  static String shapes() {
    StringBuilder text = new StringBuilder();
    for (String shape : RandomSpec.shapes()) {
      long parameters = RandomSpec.parse(shape + ":f32").parameters();
      text.append(line("%-14s %15s weights\n", shape, Text.number(parameters)));
    }
    return text + "types: " + String.join(", ", WeightMix.names()) + "\n";
  }

  static String report(BenchReport report) {
    StringBuilder text = new StringBuilder(limits(report));
    text.append(
        line(
            "%-8s %7s %6s %10s %10s %10s %8s %11s %9s %9s\n",
            "run",
            "tokens",
            "batch",
            "median/s",
            "min/s",
            "max/s",
            "GB/s",
            "memory GB/s",
            "Gop/s",
            "of limit"));
    for (BenchReport.Run run : report.runs()) {
      text.append(
          line(
              "%-8s %7d %6d %10.2f %10.2f %10.2f %8.2f %11.2f %9.1f %8.1f%%\n",
              run.kind(),
              run.tokens(),
              run.batch(),
              run.median(),
              run.min(),
              run.max(),
              run.bytesPerSecond() / GIGA,
              run.memoryBytesPerSecond() / GIGA,
              run.opsPerSecond() / GIGA,
              100 * run.fractionOfLimit()));
    }
    report.profiles().forEach(profile -> text.append(profile(profile)));
    return text.toString();
  }

  static String report(ScalingReport report) {
    ScalingReport.Times times = report.times();
    return report(report.several())
        + report(report.one())
        + line(
            "%d threads: %.2f times one, half of the pairs %.2f to %.2f; products alone %.2f"
                + " times\n",
            report.several().threads(),
            times.median(),
            times.lower(),
            times.upper(),
            report.timesOfProducts());
  }

  private static String limits(BenchReport report) {
    BenchReport.Limits limits = report.limits();
    return line(
        "%s, %d threads; limits: memory %.1f GB/s, products %.1f Gop/s%s%s\n",
        Shell.oneLine(report.model()),
        report.threads(),
        limits.bytesPerSecond() / GIGA,
        limits.opsPerSecond() / GIGA,
        limits.opsEstimated() ? " (estimated)" : "",
        limits.shownByRun() ? "; a run was faster than the meters and so is the limit" : "");
  }

  private static String profile(Profile profile) {
    int width = profile.operations().stream().mapToInt(o -> o.name().length()).max().orElse(0);
    StringBuilder text = new StringBuilder();
    text.append(
        line(
            "\n%s of %d, %d at a time: %.1f ms a run; emitted code %.1f%% of the time, plain Java"
                + " %.1f%%, both %.1f%%, copies %.1f%%; plain Java %.2f%% of the arithmetic\n",
            profile.kind(),
            profile.tokens(),
            profile.batch(),
            profile.nanos() / NANOS_PER_MILLI / profile.runs(),
            100 * profile.timeShare(Profile.Code.EMITTED),
            100 * profile.timeShare(Profile.Code.JAVA),
            100 * profile.timeShare(Profile.Code.BOTH),
            100 * profile.timeShare(Profile.Code.NONE),
            100 * profile.javaShare()));
    String heads = "%-" + width + "s %-11s %-8s %9s %10s %7s %8s %9s\n";
    text.append(line(heads, "operation", "type", "code", "calls", "ms", "share", "GB/s", "Gop/s"));
    for (Profile.Operation operation : profile.operations()) {
      boolean products = operation.bytes() > 0;
      text.append(
          line(
              "%-" + width + "s %-11s %-8s %9d %10.2f %6.1f%%",
              operation.name(),
              operation.type(),
              operation.name().equals(Profile.OTHER) ? "" : operation.code().label(),
              operation.count() / profile.runs(),
              operation.nanos() / NANOS_PER_MILLI / profile.runs(),
              100 * profile.share(operation)));
      text.append(
          products
              ? line(
                  " %8.2f %9.1f\n",
                  operation.bytesPerSecond() / GIGA, operation.opsPerSecond() / GIGA)
              : "\n");
    }
    for (Profile.Operation operation : profile.operations()) {
      if (!operation.reason().isEmpty()) {
        text.append(
            line(
                "%s: %.2f%% of its arithmetic in plain Java: %s\n",
                operation.name(), 100 * operation.javaShare(), operation.reason()));
      }
    }
    return text.toString();
  }

  private static String line(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
