// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.Json;
import io.jishi.engine.Engine;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Turns token ids back into text. */
@Command(
    name = "detokenize",
    description = "Turns token ids back into text.",
    footer = {
      "",
      "Examples:",
      "  jishi detokenize -m model.gguf 403 407 261",
      "  jishi tokenize -m model.gguf --ids \"Hello\" | jishi detokenize -m model.gguf"
    })
final class DetokenizeCommand extends EngineCommand {
  @Parameters(
      arity = "0..*",
      paramLabel = "ID",
      description = "token ids, with spaces or commas; none reads standard input")
  private List<String> arguments = new ArrayList<>();

  @Option(names = "--json", description = "print {\"tokens\":[…],\"text\":\"…\"}")
  private boolean json;

  private int[] ids;

  DetokenizeCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    if (arguments.isEmpty() && shell.terminals().in()) {
      throw wrongUsage("no token ids: give them as arguments or on standard input");
    }
    String text =
        arguments.isEmpty() || arguments.equals(List.of("-"))
            ? TextInput.decode("standard input", shell.in())
            : String.join(" ", arguments);
    ids = valid(() -> Ids.parse(text));
  }

  @Override
  protected void run(Engine engine) {
    Ids.check(ids, engine.tokenizer().vocabSize());
    String text = engine.tokenizer().decode(ids);
    if (json) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("tokens", ids);
      values.put("text", text);
      shell.out().println(Json.write(values));
    } else {
      shell.out().println(text);
    }
  }
}
