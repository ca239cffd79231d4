// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that does one thing with a model. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    parameterListHeading = "%n")
abstract class ModelCommand implements Callable<Integer> {
  /** What an option for a model says of it. */
  static final String MODEL_HELP = "a GGUF file, or a folder with config.json and safetensors";

  /** The model stands first in the help. */
  static final int MODEL_ORDER = -2;

  /** The world outside. */
  protected final Shell shell;

  @Spec private CommandSpec spec;

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

  /**
   * Does the work.
   *
   * @param threads processors to use, 0 for all
   */
  protected abstract void work(int threads);

  @Override
  public final Integer call() {
    prepare();
    work(threads);
    return ExitCode.OK;
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
