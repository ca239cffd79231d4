// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.engine.embed.Classifier;
import io.jishi.engine.embed.EmbedderOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints what a trained head says of texts. */
@Command(
    name = "classify",
    description = {
      "Prints the class of texts and how sure it is, or a number, one text a line.",
      "The model comes from 'jishi train' with finetune.objective: classify or regress."
    },
    footer = {
      "",
      "Examples:",
      "  jishi classify -m runs/spam \"You have won!\" \"See you at noon.\"",
      "  jishi classify -m runs/stars -f reviews.txt --json"
    })
final class ClassifyCommand extends ModelCommand {
  @Option(
      names = {"-m", "--model"},
      order = MODEL_ORDER,
      required = true,
      paramLabel = "FOLDER",
      description = "the folder of a training run, or its model with head.json")
  private Path model;

  @Parameters(paramLabel = "TEXT", description = "texts")
  private List<String> texts = List.of();

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description =
          "read texts from a UTF-8 file, one a line, or the field 'text' of a .jsonl file")
  private Path file;

  @Option(names = "--truncate", description = "cut texts that are too long, rather than refuse")
  private boolean truncate;

  @Option(names = "--json", description = "print one JSON object, with all probabilities")
  private boolean json;

  @Mixin private MemoryOption memory;

  ClassifyCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    if (file != null && !texts.isEmpty()) {
      throw wrongUsage("give either texts or --file, not both");
    }
    if (file == null && texts.isEmpty() && shell.terminals().in()) {
      throw wrongUsage("no text: give it in quotes, with --file, or a line each on standard input");
    }
  }

  @Override
  protected void work(int threads) {
    EmbedderOptions options =
        valid(() -> EmbedderOptions.DEFAULT.withThreads(threads).withMemory(memory.bytes()));
    List<String> all = all();
    try (Classifier classifier = Classifier.open(ExportCommand.folder(model), options)) {
      print(classifier, classifier.classify(all, truncate));
    }
  }

  private List<String> all() {
    if (file == null) {
      return texts.isEmpty() ? TextInput.lines(shell) : texts;
    }
    List<String> lines = TextInput.lines(file);
    if (!file.getFileName().toString().endsWith(".jsonl")) {
      return lines;
    }
    List<String> read = new ArrayList<>();
    for (String line : lines) {
      Object value = Json.parse(file + ", text " + (read.size() + 1), line);
      if (!(value instanceof Map<?, ?> fields) || !(fields.get("text") instanceof String text)) {
        throw new JishiException.BadFile(
            file + ": text " + (read.size() + 1) + " is no object with a field 'text'");
      }
      read.add(text);
    }
    return read;
  }

  private void print(Classifier classifier, List<Classifier.Verdict> verdicts) {
    if (json) {
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("model", classifier.name());
      out.put("results", verdicts.stream().map(ClassifyCommand::fields).toList());
      shell.out().println(Json.write(out));
      return;
    }
    for (Classifier.Verdict verdict : verdicts) {
      String label = verdict.label() == null ? "" : Shell.oneLine(verdict.label()) + "\t";
      shell.out().println(label + (float) verdict.value());
    }
  }

  private static Map<String, Object> fields(Classifier.Verdict verdict) {
    Map<String, Object> fields = new LinkedHashMap<>();
    if (verdict.label() == null) {
      fields.put("value", verdict.value());
    } else {
      fields.put("label", verdict.label());
      fields.put("probability", verdict.value());
      fields.put("probabilities", verdict.probabilities());
    }
    return fields;
  }
}
