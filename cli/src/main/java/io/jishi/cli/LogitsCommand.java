// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.Json;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineOptions;
import io.jishi.tensor.Precision;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The raw logits, for anyone who compares engines. */
@Command(
    name = "logits",
    description = {
      "Prints the raw logits after tokens, computed exactly.",
      "The tokens are fed as they are: no begin token is added. Without --json each line is a"
          + " position and",
      "its logits, one for each id."
    },
    footer = {
      "",
      "Example:",
      "  jishi logits -m model.gguf --tokens 1,15,7 --positions all --json"
    })
final class LogitsCommand extends EngineCommand {
  /** Which positions to print. */
  enum Positions {
    LAST,
    ALL
  }

  @Option(
      names = "--tokens",
      required = true,
      paramLabel = "IDS",
      description = "token ids with commas between them")
  private String tokens;

  @Option(
      names = "--positions",
      paramLabel = "last|all",
      description = "after the last token (the default), or after each")
  private Positions positions = Positions.LAST;

  @Option(
      names = "--json",
      description = "print {\"tokens\":[…],\"positions\":[…],\"logits\":[[…]]}")
  private boolean json;

  private int[] ids;

  LogitsCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected EngineOptions engineOptions() {
    return super.engineOptions().with(Precision.EXACT);
  }

  @Override
  protected void prepare() {
    ids = valid(() -> Ids.parse(tokens));
    if (ids.length == 0) {
      throw wrongUsage("--tokens is empty: write ids, as in 1,15,7");
    }
  }

  @Override
  protected void run(Engine engine) {
    Ids.check(ids, engine.info().vocabulary());
    boolean all = positions == Positions.ALL;
    int first = all ? 0 : ids.length - 1;
    float[][] logits = engine.logits(ids, all);
    // Row by row: together they may be larger than one string can be.
    if (json) {
      int[] at = IntStream.range(first, ids.length).toArray();
      shell.out().print("{\"tokens\":" + Json.write(ids) + ",\"positions\":" + Json.write(at));
      for (int row = 0; row < logits.length; row++) {
        shell.out().print((row == 0 ? ",\"logits\":[" : ",") + Json.write(logits[row]));
      }
      shell.out().println("]}");
    } else {
      for (int row = 0; row < logits.length; row++) {
        shell.out().println((first + row) + line(logits[row]));
      }
    }
  }

  private static String line(float[] logits) {
    StringBuilder line = new StringBuilder();
    for (float logit : logits) {
      line.append(' ').append(logit);
    }
    return line.toString();
  }
}
