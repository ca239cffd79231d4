// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.nano.data.Corpus;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Writes exercises, as the built-in model learned from. */
@Command(
    name = "data",
    description = {
      "Writes exercises of the kinds that the built-in model learns from, in English and Chinese,",
      "one conversation a line: {\"messages\": […]}. The same seed writes the same file."
    },
    footer = {"", "Example:", "  jishi nano data --count 10000 --seed 7 --out exercises.jsonl"})
final class NanoDataCommand extends ModelCommand {
  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "FILE",
      description = "the file to write; it must not be there yet")
  private Path out;

  @Option(
      names = "--count",
      defaultValue = "10000",
      paramLabel = "N",
      description = "conversations to write (default: 10000)")
  private int count;

  @Option(
      names = "--seed",
      defaultValue = "1",
      paramLabel = "N",
      description = "of all that is drawn (default: 1)")
  private long seed;

  NanoDataCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    if (count < 1) {
      throw wrongUsage("--count must be 1 or more");
    }
    if (Files.exists(out)) {
      throw wrongUsage(out + " is there already; give another name, or remove it first");
    }
  }

  @Override
  protected void work(int threads) {
    new Corpus(seed).write(out, count);
    shell.note(Text.number(count) + " conversations in " + out);
  }
}
