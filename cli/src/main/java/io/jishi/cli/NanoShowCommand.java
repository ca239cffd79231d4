// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.engine.Answer;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineOptions;
import io.jishi.engine.Message;
import io.jishi.engine.Request;
import io.jishi.nano.Nano;
import picocli.CommandLine.Command;

/** Asks the built-in model the questions that greetings and the front page show. */
@Command(
    name = "show",
    description = "Asks the built-in model its example questions and prints a page of Markdown.",
    footer = {"", "Example:", "  jishi nano show > docs/NANO.md"})
final class NanoShowCommand extends ModelCommand {
  NanoShowCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void work(int threads) {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # What nano answers

        Written by `jishi nano show`: every question that the front page, `jishi chat` and the server's page show, each in
        a conversation of its own, with the answer as it came. `jishi info` tells how good it is beyond these.

        """);
    try (Engine engine = Loading.open(shell, shell.nano().get(), options(threads))) {
      for (String question : Nano.EXAMPLES) {
        Answer answer = engine.generate(Request.chat(Message.user(question)));
        page.append("**").append(question).append("**\n\n```text\n");
        page.append(answer.text().strip()).append("\n```\n\n");
      }
    }
    shell.out().print(page.toString());
  }

  private static EngineOptions options(int threads) {
    return EngineOptions.DEFAULT.withThreads(threads);
  }
}
