// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.Json;
import io.jishi.engine.Engine;
import io.jishi.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows how a text falls into tokens. */
@Command(
    name = "tokenize",
    description = "Shows how a text falls into tokens: one line each, id and piece.",
    footer = {
      "",
      "Examples:",
      "  jishi tokenize -m model.gguf \"Once upon a time\"",
      "  jishi tokenize -m model.gguf --ids --file story.txt"
    })
final class TokenizeCommand extends EngineCommand {
  @Mixin private TextInput input;

  @Option(names = "--special", description = "read control tokens that stand in the text as such")
  private boolean special;

  @Option(
      names = "--bos",
      description = "add the begin and end tokens that the model expects around a sequence")
  private boolean frame;

  @Option(names = "--ids", description = "print the ids alone, in one line")
  private boolean idsOnly;

  @Option(names = "--json", description = "print {\"tokens\":[…],\"pieces\":[…]}")
  private boolean json;

  private String text;

  TokenizeCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    String mistake = input.mistake(shell);
    if (mistake != null) {
      throw wrongUsage(mistake);
    }
    text = input.read(shell);
  }

  @Override
  protected void run(Engine engine) {
    Tokenizer tokenizer = engine.tokenizer();
    Tokenizer.Special mode = special ? Tokenizer.Special.PARSE : Tokenizer.Special.TEXT;
    int[] plain = tokenizer.encode(text, mode);
    int[] ids = frame ? tokenizer.frame(plain) : plain;
    shell.out().print(idsOnly ? line(ids) : json ? object(ids, tokenizer) : table(ids, tokenizer));
  }

  private static String line(int[] ids) {
    return Arrays.stream(ids).mapToObj(String::valueOf).collect(Collectors.joining(" ", "", "\n"));
  }

  private static String object(int[] ids, Tokenizer tokenizer) {
    List<String> pieces = new ArrayList<>();
    for (int id : ids) {
      pieces.add(tokenizer.piece(id));
    }
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("tokens", ids);
    values.put("pieces", pieces);
    return Json.write(values) + "\n";
  }

  private static String table(int[] ids, Tokenizer tokenizer) {
    StringBuilder lines = new StringBuilder();
    for (int id : ids) {
      // Quoted as JSON: a piece may be a line break.
      lines.append(id).append('\t').append(Json.write(tokenizer.piece(id))).append('\n');
    }
    return lines.toString();
  }
}
