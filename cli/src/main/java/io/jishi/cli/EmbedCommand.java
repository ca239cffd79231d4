// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.Json;
import io.jishi.engine.embed.EmbedRequest;
import io.jishi.engine.embed.Embedder;
import io.jishi.engine.embed.EmbedderOptions;
import io.jishi.engine.embed.Embeddings;
import io.jishi.engine.embed.Input;
import io.jishi.model.Pooling;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints vectors of texts. */
@Command(
    name = "embed",
    description = {
      "Prints a vector for each text: one line of numbers each, or one JSON object.",
      "Without TEXT each line of standard input is a text."
    },
    footer = {
      "",
      "Examples:",
      "  jishi embed -m bge-small \"a cat\" \"a dog\"",
      "  jishi embed -m qwen3-embedding --prompt query --dimensions 256 --json \"what do cats"
          + " eat?\""
    })
final class EmbedCommand extends ModelCommand {
  @Option(
      names = {"-m", "--model"},
      order = MODEL_ORDER,
      required = true,
      paramLabel = "MODEL",
      description = MODEL_HELP)
  private Path model;

  @Parameters(paramLabel = "TEXT", description = "texts")
  private List<String> texts = List.of();

  @Option(
      names = "--dimensions",
      paramLabel = "N",
      description = "keep the first N values (default: all)")
  private int dimensions;

  @Option(
      names = "--prompt",
      paramLabel = "NAME",
      description = "put the model's own text of that name before each, such as query")
  private String prompt;

  @Option(
      names = "--pooling",
      paramLabel = "cls|mean|last",
      description = "how hidden states become one (default: as the model's files say)")
  private Pooling pooling;

  @Option(names = "--raw", description = "do not divide vectors by their lengths")
  private boolean raw;

  @Option(names = "--truncate", description = "cut texts that are too long, rather than refuse")
  private boolean truncate;

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  @Mixin private MemoryOption memory;

  EmbedCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    if (texts.isEmpty() && shell.terminals().in()) {
      throw wrongUsage("no text: give it in quotes, or a line each on standard input");
    }
    valid(() -> request(List.of("x")));
  }

  private EmbedRequest request(List<String> all) {
    return new EmbedRequest(all.stream().map(Input::of).toList(), dimensions, prompt, truncate);
  }

  @Override
  protected void work(int threads) {
    EmbedderOptions options =
        valid(
            () ->
                EmbedderOptions.DEFAULT
                    .withThreads(threads)
                    .with(pooling)
                    .withMemory(memory.bytes()));
    options = raw ? options.with(EmbedderOptions.Length.RAW) : options;
    List<String> all = texts.isEmpty() ? TextInput.lines(shell) : texts;
    EmbedRequest request = request(all);
    try (Embedder embedder = Embedder.open(model, options)) {
      print(embedder, embedder.embed(request));
    }
  }

  private void print(Embedder embedder, Embeddings made) {
    if (json) {
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("model", embedder.name());
      out.put("pooling", embedder.pooling().name().toLowerCase(java.util.Locale.ROOT));
      out.put("tokens", made.tokens());
      out.put("embeddings", made.vectors());
      shell.out().println(Json.write(out));
      return;
    }
    for (float[] vector : made.vectors()) {
      StringBuilder line = new StringBuilder();
      for (float value : vector) {
        line.append(line.isEmpty() ? "" : " ").append(value);
      }
      shell.out().println(line.toString());
    }
  }
}
