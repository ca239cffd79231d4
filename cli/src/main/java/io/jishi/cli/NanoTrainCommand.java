// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.nano.make.Making;
import io.jishi.nano.make.Size;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Makes the built-in model again, from nothing. */
@Command(
    name = "train",
    description = {
      "Makes the built-in model again, from nothing: data, vocabulary, training. It takes hours.",
      "Ctrl-C ends it after the step; the same command goes on from there."
    },
    footer = {
      "",
      "Examples:",
      "  jishi nano train --out my-nano",
      "  jishi nano train --size tiny --out my-tiny"
    })
final class NanoTrainCommand extends ModelCommand {
  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "FOLDER",
      description = "where data, checkpoints and the model are written")
  private Path out;

  @Option(
      names = "--size",
      defaultValue = "NANO",
      paramLabel = "SIZE",
      description = "nano, or its smaller sisters small and tiny (default: nano)")
  private Size size;

  @Option(
      names = "--code",
      paramLabel = "TEXT",
      description = "what to call this version of the code in FOLDER/runs.jsonl (default: Jishi's)")
  private String code = Version.number();

  NanoTrainCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void work(int threads) {
    Path model;
    try (StopSignal stop = new StopSignal()) {
      model = Making.run(size, out, threads, code, new TrainingView(shell, 0), stop::given);
    }
    shell.note(
        model == null
            ? "stopped; the same command goes on from there"
            : "done; talk to it: jishi chat -m " + model);
  }
}
