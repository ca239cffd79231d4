// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.Json;
import io.jishi.engine.embed.EmbedderOptions;
import io.jishi.engine.embed.Ranking;
import io.jishi.engine.embed.RerankRequest;
import io.jishi.engine.embed.Reranker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints documents by how well they fit a query. */
@Command(
    name = "rerank",
    description = {
      "Prints documents by how well they fit a query: score and document, the best first.",
      "Without DOCUMENT each line of standard input is a document."
    },
    footer = {
      "",
      "Example:",
      "  jishi rerank -m bge-reranker --query \"what do cats eat?\" \"Mice.\" \"Grass.\""
    })
final class RerankCommand extends ModelCommand {
  @Option(
      names = {"-m", "--model"},
      order = MODEL_ORDER,
      required = true,
      paramLabel = "MODEL",
      description = MODEL_HELP)
  private Path model;

  @Option(names = "--query", required = true, paramLabel = "TEXT", description = "the query")
  private String query;

  @Parameters(paramLabel = "DOCUMENT", description = "documents")
  private List<String> documents = List.of();

  @Option(names = "--top", paramLabel = "N", description = "print the N best (default: all)")
  private int top = Integer.MAX_VALUE;

  @Option(
      names = "--instruction",
      paramLabel = "TEXT",
      description = "what counts as relevant, for models that read it")
  private String instruction;

  @Option(names = "--truncate", description = "cut documents that are too long")
  private boolean truncate;

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  @Mixin private MemoryOption memory;

  RerankCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    if (documents.isEmpty() && shell.terminals().in()) {
      throw wrongUsage("no document: give it in quotes, or a line each on standard input");
    }
    if (top < 1) {
      throw wrongUsage("--top must be at least 1");
    }
  }

  @Override
  protected void work(int threads) {
    EmbedderOptions options =
        valid(() -> EmbedderOptions.DEFAULT.withThreads(threads).withMemory(memory.bytes()));
    List<String> all = documents.isEmpty() ? TextInput.lines(shell) : documents;
    RerankRequest request = new RerankRequest(query, all, instruction, truncate);
    try (Reranker reranker = Reranker.open(model, options)) {
      Ranking ranking = reranker.rerank(request);
      List<Ranking.Scored> best =
          ranking.results().subList(0, Math.min(top, ranking.results().size()));
      shell.out().print(json ? json(reranker, ranking, best) : table(all, best));
    }
  }

  private static String json(Reranker reranker, Ranking ranking, List<Ranking.Scored> best) {
    List<Object> results = new ArrayList<>();
    for (Ranking.Scored scored : best) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("index", scored.index());
      entry.put("score", scored.score());
      entry.put("logit", scored.logit());
      results.add(entry);
    }
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("model", reranker.name());
    out.put("tokens", ranking.tokens());
    out.put("results", results);
    return Json.write(out) + "\n";
  }

  private static String table(List<String> documents, List<Ranking.Scored> best) {
    StringBuilder lines = new StringBuilder();
    for (Ranking.Scored scored : best) {
      lines
          .append(String.format(Locale.ROOT, "%.4f  ", scored.score()))
          .append(Shell.oneLine(documents.get(scored.index())))
          .append('\n');
    }
    return lines.toString();
  }
}
