// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineOptions;
import java.nio.file.Path;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

/** A command that loads a model and does one thing with it. */
abstract class ModelCommand extends BaseCommand {
  @Option(
      names = {"-m", "--model"},
      required = true,
      paramLabel = "MODEL",
      description = "a GGUF file, or a folder with config.json and safetensors")
  private Path model;

  @Option(
      names = "--ctx",
      paramLabel = "TOKENS",
      description =
          "most tokens of prompt and answer together (default: the model's own, at most "
              + EngineOptions.DEFAULT_CONTEXT
              + ")")
  private int context;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "processors to use (default: all that the process may use)")
  private int threads;

  /** A command in that shell. */
  protected ModelCommand(Shell shell) {
    super(shell);
  }

  /** Checks all that can be checked before the model is loaded; see {@link #valid}. */
  protected void prepare() {}

  /** Does the work. */
  protected abstract void run(Engine engine);

  /** The options of the engine, as the command line gives them. */
  protected EngineOptions options() {
    return EngineOptions.DEFAULT.withContext(context).withThreads(threads);
  }

  /** Loads the model and runs. */
  @Override
  public final Integer call() {
    EngineOptions options = valid(this::options);
    prepare();
    try (Engine engine = Loading.open(shell, model, options)) {
      run(engine);
    }
    return ExitCode.OK;
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
