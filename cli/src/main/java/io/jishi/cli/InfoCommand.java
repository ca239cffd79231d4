// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.Json;
import io.jishi.engine.Engine;
import io.jishi.engine.ModelInfo;
import io.jishi.nano.Nano;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tells what a model is and what a run of it takes. */
@Command(
    name = "info",
    description = {
      "Tells what a model is, and what a run of it takes.",
      "Of the built-in model also its card: what it can and cannot do, its data, its scores."
    },
    footer = {"", "Examples:", "  jishi info", "  jishi info -m model.gguf --json"})
final class InfoCommand extends SpeakingCommand {
  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "the model, where it is not named by -m")
  private Path positional;

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  InfoCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    if (positional != null && super.named() != null) {
      throw wrongUsage("give one model, by -m or without it");
    }
  }

  @Override
  protected Path named() {
    return positional != null ? positional : super.named();
  }

  /** The table says it. */
  @Override
  protected boolean tellsBuiltIn() {
    return false;
  }

  @Override
  protected void run(Engine engine) {
    ModelInfo info = engine.info();
    String card = builtIn() ? Nano.card() : null;
    if (json) {
      Map<String, Object> values = values(info);
      if (card != null) {
        values.put("card", card);
      }
      shell.out().print(Json.write(values) + "\n");
    } else {
      shell.out().print(table(info) + (card == null ? "" : "\n" + card));
    }
  }

  private static Map<String, Object> values(ModelInfo info) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("name", info.name());
    values.put("path", info.path().toString());
    values.put("architecture", info.architecture());
    values.put("parameters", info.parameters());
    values.put("tensors", info.tensors().stream().map(InfoCommand::values).toList());
    values.put("modelContext", info.modelContext());
    values.put("context", info.context());
    values.put("vocabulary", info.vocabulary());
    values.put("tokenizer", info.tokenizer());
    values.put("template", info.template());
    values.put("vision", info.vision());
    values.put("memory", values(info.memory()));
    values.put("kernels", info.kernels());
    values.put("threads", info.threads());
    values.put("speculation", info.speculation());
    return values;
  }

  private static Map<String, Object> values(ModelInfo.Tensors tensors) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("type", tensors.type());
    values.put("count", tensors.count());
    values.put("bytes", tensors.bytes());
    return values;
  }

  private static Map<String, Object> values(ModelInfo.Memory memory) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("weights", memory.weights());
    values.put("cache", memory.cache());
    values.put("cacheType", memory.cacheType());
    values.put("cacheTokenBytes", memory.cacheTokenBytes());
    values.put("workspace", memory.workspace());
    values.put("jvm", memory.jvm());
    values.put("total", total(memory));
    return values;
  }

  private static long total(ModelInfo.Memory memory) {
    return memory.weights() + memory.cache() + memory.workspace() + memory.jvm();
  }

  private static String table(ModelInfo info) {
    ModelInfo.Memory memory = info.memory();
    List<String> lines = new ArrayList<>();
    lines.add(line("model", info.name()));
    lines.add(line("path", info.path().toString()));
    lines.add(line("architecture", info.architecture()));
    lines.add(line("parameters", Text.number(info.parameters())));
    for (ModelInfo.Tensors t : info.tensors()) {
      lines.add(line("tensors", t.type() + ", " + t.count() + ", " + Text.bytes(t.bytes())));
    }
    String made = info.modelContext() + " tokens, of which " + info.context() + " are served";
    lines.add(line("context", made));
    lines.add(line("tokenizer", info.tokenizer() + ", " + Text.number(info.vocabulary()) + " ids"));
    lines.add(line("template", template(info.template())));
    if (info.vision() != null) {
      lines.add(line("sees", info.vision()));
    }
    lines.add(line("memory", Text.bytes(total(memory)) + " for a run of one full context"));
    lines.add(line("  weights", Text.bytes(memory.weights())));
    lines.add(line("  cache", cache(memory)));
    lines.add(line("  workspace", Text.bytes(memory.workspace())));
    lines.add(line("  JVM", Text.bytes(memory.jvm())));
    lines.add(line("kernels", info.kernels()));
    lines.add(line("threads", String.valueOf(info.threads())));
    lines.add(line("speculation", info.speculation()));
    return String.join("", lines);
  }

  private static String cache(ModelInfo.Memory memory) {
    return Text.bytes(memory.cache())
        + ", "
        + memory.cacheType()
        + ", "
        + Text.number(memory.cacheTokenBytes())
        + " bytes a token";
  }

  private static String template(String template) {
    return template == null
        ? "none: the model continues text"
        : "chat, " + Text.number(template.length()) + " characters (--json shows it)";
  }

  private static String line(String key, String value) {
    return key + " ".repeat(14 - key.length()) + Shell.oneLine(value) + "\n";
  }
}
