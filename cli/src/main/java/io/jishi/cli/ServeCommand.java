// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.engine.Engine;
import io.jishi.engine.embed.Embedder;
import io.jishi.engine.embed.EmbedderOptions;
import io.jishi.engine.embed.Reranker;
import io.jishi.model.adapter.AdapterFiles;
import io.jishi.nano.Nano;
import io.jishi.server.Encoders;
import io.jishi.server.JishiServer;
import io.jishi.server.ServerOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Serves a model over HTTP until the process is told to end. */
@Command(
    name = "serve",
    description = {
      "Serves a model over HTTP, by OpenAI's API, until Ctrl-C or SIGTERM.",
      "Answers under way may then end within " + ServeCommand.DRAIN_SECONDS + " seconds."
    },
    footer = {
      "",
      "Examples:",
      "  jishi serve",
      "  jishi serve -m model.gguf --port 8080",
      "  jishi serve -m model.gguf --lora law=adapters/law --lora med=adapters/med.gguf",
      "",
      "Environment:",
      "  JISHI_API_KEY     what callers must send as Authorization: Bearer … (default: nothing)"
    })
final class ServeCommand extends SpeakingCommand {
  /** Below the 30 seconds after which container platforms kill. */
  static final int DRAIN_SECONDS = 25;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description = "address to listen on; 0.0.0.0 takes all (default: this machine alone)")
  private String host = ServerOptions.DEFAULT.host();

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "port to listen on; 0 takes a free one (default: 8080)")
  private int port = ServerOptions.DEFAULT.port();

  @Option(
      names = "--embed",
      paramLabel = "MODEL",
      description = "a model that makes vectors, for /v1/embeddings (may be that of -m)")
  private Path embed;

  @Option(
      names = "--rerank",
      paramLabel = "MODEL",
      description = "a model that scores documents, for /v1/rerank")
  private Path rerank;

  @Option(
      names = "--embed-ctx",
      paramLabel = "TOKENS",
      description =
          "most tokens of a text for --embed and --rerank, which take memory for it (default: what"
              + " they were made for)")
  private int embedContext;

  @Option(
      names = "--lora",
      paramLabel = "NAME=PATH",
      description =
          "a LoRA adapter that callers may ask for as the model 'MODEL:NAME' or by the field"
              + " 'adapter'; may be repeated")
  private Map<String, Path> adapters = new LinkedHashMap<>();

  private ServerOptions options;
  private EmbedderOptions encoderOptions;

  ServeCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    String key = shell.environment().getOrDefault("JISHI_API_KEY", "");
    ServerOptions open =
        valid(
            () ->
                ServerOptions.DEFAULT
                    .withHost(host)
                    .withPort(port)
                    .withAdapters(List.copyOf(adapters.keySet())));
    encoderOptions = valid(() -> EmbedderOptions.DEFAULT.withContext(embedContext));
    options = key.isEmpty() ? open : valid(() -> open.withApiKey(key));
  }

  @Override
  protected Map<String, Long> others() {
    Map<String, Long> others = new LinkedHashMap<>();
    if (embed != null) {
      others.put("--embed", Embedder.bytes(embed, encoderOptions));
    }
    if (rerank != null) {
      others.put("--rerank", Reranker.bytes(rerank, encoderOptions));
    }
    if (!adapters.isEmpty()) {
      others.put("--lora", adapters.values().stream().mapToLong(AdapterFiles::bytes).sum());
    }
    return others;
  }

  @Override
  protected void run(Engine engine) {
    adapters.forEach(engine::addAdapter);
    try (Embedder embedder = embed == null ? null : Embedder.open(embed, encoderOptions);
        Reranker reranker = rerank == null ? null : Reranker.open(rerank, encoderOptions)) {
      serve(engine, new Encoders(embedder, reranker));
    }
  }

  private void serve(Engine engine, Encoders encoders) {
    ServerOptions with = builtIn() ? options.withExamples(Nano.EXAMPLES) : options;
    JishiServer server = JishiServer.start(engine, encoders, with);
    shell.note(engine.info().name() + " is served at " + server.uri() + "/v1; Ctrl-C ends");
    shell.untilToldToEnd().accept(() -> end(engine, server));
  }

  private void end(Engine engine, JishiServer server) {
    shell.note("ending: answers under way have " + DRAIN_SECONDS + " seconds");
    server.drain(Duration.ofSeconds(DRAIN_SECONDS));
    engine.close();
  }
}
