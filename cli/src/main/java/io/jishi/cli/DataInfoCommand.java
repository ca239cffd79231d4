// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.Json;
import io.jishi.train.data.TokenShards;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says what prepared data hold, and checks them. */
@Command(
    name = "info",
    description =
        "Shows what a folder of prepared data holds; with --check reads every byte of it.",
    footer = {"", "Example:", "  jishi data info my-data/train --check"})
final class DataInfoCommand extends ModelCommand {
  @Parameters(paramLabel = "FOLDER", description = "holds dataset.json")
  private Path folder;

  @Option(names = "--check", description = "check every byte against its sum")
  private boolean check;

  @Option(names = "--json", description = "print the manifest")
  private boolean json;

  DataInfoCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void work(int threads) {
    try (TokenShards data = TokenShards.open(folder)) {
      if (check) {
        data.verify();
      }
      shell.out().print(json ? Json.write(data.manifest().fields()) + "\n" : table(data));
    }
  }

  private static String table(TokenShards data) {
    return """
    tokens      %s
    documents   %s
    text        %s (%.2f bytes a token)
    vocabulary  %s
    learned     %s
    """
        .formatted(
            Text.number(data.tokens()),
            Text.number(data.documents()),
            Text.bytes(data.bytes()),
            (double) data.bytes() / data.tokens(),
            Text.number(data.vocabulary()),
            data.masked() ? "the assistant's words" : "all");
  }
}
