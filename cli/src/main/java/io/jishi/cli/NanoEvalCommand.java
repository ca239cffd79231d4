// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import io.jishi.nano.eval.Evaluation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures the built-in model on exercises that were held out. */
@Command(
    name = "eval",
    description = {
      "Measures the built-in model, or others, on exercises with wordings and values that training",
      "never saw, and prints a page of Markdown."
    },
    footer = {
      "",
      "Examples:",
      "  jishi nano eval",
      "  jishi nano eval nano my-nano/nano-1m/model --each 50 --out EVAL.md"
    })
final class NanoEvalCommand extends ModelCommand {
  @Parameters(
      arity = "0..*",
      paramLabel = "MODEL",
      description = "models; the first one is measured whole, the others beside it (default: nano)")
  private List<Path> models = List.of();

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      description = "write the page here (default: print it)")
  private Path out;

  @Option(
      names = "--each",
      defaultValue = "25",
      paramLabel = "N",
      description = "exercises of each kind, language and held-out part (default: 25)")
  private int each;

  @Option(
      names = "--seed",
      defaultValue = "1000",
      paramLabel = "N",
      description = "of the exercises (default: 1000)")
  private long seed;

  NanoEvalCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    if (each < 1 || each > 100_000) {
      throw wrongUsage("--each must be 1 to 100000");
    }
  }

  @Override
  protected void work(int threads) {
    List<Path> paths =
        models.isEmpty()
            ? List.of(BuiltIn.path(shell, null))
            : models.stream().map(m -> BuiltIn.path(shell, m)).toList();
    String page;
    try (Ticker ticker = new Ticker(shell)) {
      page = new Evaluation(each, seed, threads).run(paths, ticker::show);
    }
    if (out == null) {
      shell.out().print(page);
      return;
    }
    try {
      Files.writeString(out, page);
    } catch (IOException e) {
      throw new JishiException.OutOfResources(out + ": cannot be written: " + e.getMessage(), e);
    }
    shell.note(out + " is written");
  }
}
