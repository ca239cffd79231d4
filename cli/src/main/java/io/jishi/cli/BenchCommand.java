// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.Json;
import io.jishi.engine.bench.Bench;
import io.jishi.engine.bench.BenchOptions;
import io.jishi.engine.bench.BenchReport;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures a model beside the limits of the machine. */
@Command(
    name = "bench",
    description = "Measures prefill and decode of a model, beside what the machine can do.",
    footer = {"", "Example:", "  jishi bench -m model.gguf -p 512 -n 128 -b 1,16 -r 3"})
final class BenchCommand extends ModelCommand {
  @Option(
      names = {"-p", "--prompt"},
      paramLabel = "TOKENS",
      defaultValue = "512",
      description = "tokens to read; 0 leaves prefill out (default: ${DEFAULT-VALUE})")
  private int prompt;

  @Option(
      names = {"-n", "--generate"},
      paramLabel = "TOKENS",
      defaultValue = "128",
      description = "tokens to generate; 0 leaves decode out (default: ${DEFAULT-VALUE})")
  private int generate;

  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      split = ",",
      defaultValue = "1",
      description = "sequences that decode side by side (default: ${DEFAULT-VALUE})")
  private List<Integer> batches;

  @Option(
      names = {"-r", "--repeats"},
      paramLabel = "N",
      defaultValue = "3",
      description = "runs of each (default: ${DEFAULT-VALUE})")
  private int repeats;

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  BenchCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void work(Path model, int threads) {
    BenchOptions options =
        valid(() -> new BenchOptions(prompt, generate, batches, repeats, threads));
    BenchReport report = Bench.run(model, options, step -> shell.note("measuring " + step));
    shell.out().print(json ? Json.write(report.toJson()) + "\n" : table(report));
  }

  private static String table(BenchReport report) {
    BenchReport.Limits limits = report.limits();
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%s, %d threads; limits: memory %.1f GB/s, products %.1f Gop/s%s\n",
            Shell.oneLine(report.model()),
            report.threads(),
            limits.bytesPerSecond() / 1e9,
            limits.opsPerSecond() / 1e9,
            limits.opsEstimated() ? " (estimated)" : ""));
    text.append(
        String.format(
            Locale.ROOT,
            "%-8s %7s %6s %10s %10s %10s %9s\n",
            "run",
            "tokens",
            "batch",
            "median/s",
            "min/s",
            "max/s",
            "of limit"));
    for (BenchReport.Run run : report.runs()) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-8s %7d %6d %10.2f %10.2f %10.2f %8.1f%%\n",
              run.kind(),
              run.tokens(),
              run.batch(),
              run.median(),
              run.min(),
              run.max(),
              100 * run.fractionOfLimit()));
    }
    return text.toString();
  }
}
