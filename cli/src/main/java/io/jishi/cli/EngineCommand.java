// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineOptions;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that asks an engine. */
abstract class EngineCommand extends ModelCommand {
  @Option(
      names = {"-m", "--model"},
      order = MODEL_ORDER,
      paramLabel = "MODEL",
      description = MODEL_HELP + BuiltIn.DEFAULT_HELP)
  private Path model;

  @Option(
      names = "--adapter",
      paramLabel = "PATH",
      description = "a LoRA adapter to run the model with: a folder of PEFT, or a GGUF file")
  private Path adapter;

  @Option(
      names = "--mmproj",
      paramLabel = "FILE",
      description =
          "the GGUF file with which a GGUF model sees images (default: mmproj-NAME.gguf beside"
              + " NAME.gguf, or the only mmproj*.gguf beside an only model)")
  private Path projector;

  @Option(
      names = "--ctx",
      paramLabel = "TOKENS",
      description =
          "most tokens of prompt and answer together (default: the model's own, at most "
              + EngineOptions.DEFAULT_CONTEXT
              + ")")
  private int context;

  @Option(
      names = "--no-repack",
      description = "run from the mapped file: less memory, slower (default: repack if it fits)")
  private boolean noRepack;

  @Mixin private MemoryOption memory;

  /** A command in that shell. */
  protected EngineCommand(Shell shell) {
    super(shell);
  }

  /** Does the work; the engine is closed afterwards. */
  protected abstract void run(Engine engine);

  /** How the engine is to run. */
  protected EngineOptions engineOptions() {
    return EngineOptions.DEFAULT;
  }

  /** The model that the user named, or null. */
  protected Path named() {
    return model;
  }

  /** Whether the built-in model runs. */
  protected final boolean builtIn() {
    return BuiltIn.meant(named());
  }

  /** Whether the user is told that the built-in model runs, where no model was named. */
  protected boolean tellsBuiltIn() {
    return true;
  }

  /**
   * Bytes that other models and adapters of the command will take, by the options that name them.
   */
  protected Map<String, Long> others() {
    return Map.of();
  }

  @Override
  protected final void work(int threads) {
    boolean limited = valid(memory::bytes) > 0;
    Map<String, Long> others = limited ? others() : Map.of();
    long left = memory.beside(others);
    EngineOptions options =
        valid(
            () ->
                limited(engineOptions(), left)
                    .withContext(context)
                    .withThreads(threads)
                    .withRepack(!noRepack)
                    .withAdapter(adapter)
                    .withProjector(projector));
    Path path = BuiltIn.path(shell, named());
    if (named() == null && tellsBuiltIn()) {
      shell.note(BuiltIn.NOTE);
    }
    try (Engine engine = open(path, options, others)) {
      run(engine);
    }
  }

  private Engine open(Path path, EngineOptions options, Map<String, Long> others) {
    try {
      return Loading.open(shell, path, options);
    } catch (JishiException.OutOfResources e) {
      throw memory.beside(others, e);
    }
  }

  private static EngineOptions limited(EngineOptions options, long bytes) {
    return bytes == 0 ? options : options.with(options.capacity().withMemory(bytes));
  }

  /**
   * Whether the model has a chat template.
   *
   * @throws JishiException.BadRequest where it has none but {@code system} is given
   */
  protected static boolean hasTemplate(Engine engine, String system) {
    boolean template = engine.info().template() != null;
    if (!template && system != null) {
      throw new JishiException.BadRequest(
          "system", "--system needs a model with a chat template, and this one has none");
    }
    return template;
  }
}
