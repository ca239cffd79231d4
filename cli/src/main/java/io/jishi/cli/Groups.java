// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Commands that only hold others. */
final class Groups {
  private Groups() {}

  /** {@code jishi tokenizer …}. */
  static CommandLine tokenizer(Shell shell) {
    return new CommandLine(new TokenizerGroup()).addSubcommand(new TokenizerTrainCommand(shell));
  }

  /** {@code jishi data …}. */
  static CommandLine data(Shell shell) {
    return new CommandLine(new DataGroup())
        .addSubcommand(new DataPrepareCommand(shell))
        .addSubcommand(new DataInfoCommand(shell));
  }

  /** {@code jishi nano …}. */
  static CommandLine nano(Shell shell) {
    return new CommandLine(new NanoGroup())
        .addSubcommand(new NanoDataCommand(shell))
        .addSubcommand(new NanoTrainCommand(shell))
        .addSubcommand(new NanoEvalCommand(shell))
        .addSubcommand(new NanoCardCommand(shell))
        .addSubcommand(new NanoShowCommand(shell));
  }

  @Command(
      name = "tokenizer",
      description = "Makes vocabularies.",
      mixinStandardHelpOptions = true,
      synopsisSubcommandLabel = "COMMAND",
      footer = {"", "Example:", "  jishi tokenizer train book.txt --out my-tokenizer"})
  private static final class TokenizerGroup extends Group {}

  @Command(
      name = "data",
      description = "Makes and checks training data.",
      mixinStandardHelpOptions = true,
      synopsisSubcommandLabel = "COMMAND",
      footer = {
        "",
        "Example:",
        "  jishi data prepare book.txt --tokenizer my-tokenizer --out my-data"
      })
  private static final class DataGroup extends Group {}

  @Command(
      name = "nano",
      description = "Makes and measures the built-in model.",
      mixinStandardHelpOptions = true,
      synopsisSubcommandLabel = "COMMAND",
      footer = {"", "Example:", "  jishi nano train --out my-nano"})
  private static final class NanoGroup extends Group {}

  private abstract static class Group implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      spec.commandLine().usage(spec.root().commandLine().getErr());
      return ExitCode.USAGE;
    }
  }
}
