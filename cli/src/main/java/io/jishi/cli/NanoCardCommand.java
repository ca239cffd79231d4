// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineOptions;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.nano.make.Card;
import io.jishi.nano.make.RunRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes the model card of the built-in model. */
@Command(
    name = "card",
    description = {
      "Writes the card of the built-in model from the record of its training and its evaluation."
    },
    footer = {
      "",
      "Example:",
      "  jishi nano card my-nano/runs.jsonl -m nano.gguf --eval EVAL.md --out CARD.md"
    })
final class NanoCardCommand extends ModelCommand {
  @Parameters(paramLabel = "RUNS", description = "the runs.jsonl that jishi nano train wrote")
  private Path runs;

  @Option(
      names = {"-m", "--model"},
      order = MODEL_ORDER,
      required = true,
      paramLabel = "MODEL",
      description = "its GGUF file")
  private Path model;

  @Option(
      names = "--eval",
      required = true,
      paramLabel = "FILE",
      description = "the page that jishi nano eval wrote of it")
  private Path evaluation;

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "FILE",
      description = "the card; one that is there is replaced")
  private Path out;

  @Option(
      names = "--price",
      paramLabel = "DOLLARS",
      description = "assumed for an hour of one processor (default: 0.05)")
  private double price = 0.05;

  NanoCardCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    if (!(price >= 0 && price < 1000)) {
      throw wrongUsage("--price must be 0 to 1000");
    }
  }

  @Override
  protected void work(int threads) {
    String page;
    try (Engine engine = Engine.open(model, EngineOptions.DEFAULT.withThreads(threads))) {
      page =
          new Card(
                  engine.info().parameters(),
                  Files.size(model),
                  RunRecord.read(runs),
                  price,
                  Files.readString(evaluation))
              .page();
    } catch (IOException e) {
      throw new JishiException.BadFile(e.getMessage() + ": cannot be read: " + e, e);
    }
    byte[] bytes = page.getBytes(StandardCharsets.UTF_8);
    AtomicFiles.replace(out, Disk.LOCAL, to -> to.write(bytes));
    shell.note(out + " is written");
  }
}
