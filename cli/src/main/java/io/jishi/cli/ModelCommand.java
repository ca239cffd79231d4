// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineOptions;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that loads a model and does one thing with it. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    parameterListHeading = "%n")
abstract class ModelCommand implements Callable<Integer> {
  /** The world outside. */
  protected final Shell shell;

  @Spec private CommandSpec spec;

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
    this.shell = shell;
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

  /** Makes a value of the user's options; one that is out of range is wrong usage. */
  protected final <T> T valid(Supplier<T> maker) {
    try {
      return maker.get();
    } catch (JishiException.BadRequest e) {
      throw wrongUsage(e.getMessage());
    }
  }

  /** An error that ends with exit code 2. */
  protected final ParameterException wrongUsage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
