// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.engine.Engine;
import io.jishi.engine.EngineOptions;
import io.jishi.nano.Nano;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * All that a command touches of the world outside, so that tests can stand in for it.
 *
 * @param opener loads a model
 * @param nano finds the file of the built-in model
 * @param in standard input
 * @param out standard output: results alone
 * @param err standard error: everything else
 * @param terminals which of the three a person sits at
 * @param environment the environment variables
 * @param untilToldToEnd waits until the process is told to end, then runs the action
 */
record Shell(
    BiFunction<Path, EngineOptions, Engine> opener,
    Supplier<Path> nano,
    InputStream in,
    Output out,
    Output err,
    Terminals terminals,
    Map<String, String> environment,
    Consumer<Runnable> untilToldToEnd) {

  /** Set by the launcher: those of the digits 0, 1, 2 whose stream is a terminal. */
  static final String TERMINALS = "jishi.terminals";

  /** Which of the standard streams are terminals. */
  record Terminals(boolean in, boolean out, boolean err) {
    /** None: all streams are files or pipes. */
    static final Terminals NONE = new Terminals(false, false, false);
  }

  /** The shell of this process. */
  static Shell system() {
    return new Shell(
        Engine::open,
        Nano::file,
        System.in,
        new Output("standard output", new FileOutputStream(FileDescriptor.out)),
        new Output("standard error", new FileOutputStream(FileDescriptor.err)),
        terminalsOfThisProcess(),
        System.getenv(),
        Shell::untilShutdown);
  }

  /** Ctrl-C and SIGTERM start the JVM's shutdown hooks, and the process ends after them. */
  private static void untilShutdown(Runnable ending) {
    Runtime.getRuntime().addShutdownHook(new Thread(ending, "jishi-end"));
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // then the process ends at once, through the hook
    }
  }

  private static Terminals terminalsOfThisProcess() {
    String digits = System.getProperty(TERMINALS);
    if (digits != null) {
      return new Terminals(digits.contains("0"), digits.contains("1"), digits.contains("2"));
    }
    boolean interactive = System.console() != null && System.console().isTerminal();
    return new Terminals(interactive, interactive, interactive);
  }

  /** Whether a person sits at both ends, so that a line editor makes sense. */
  boolean interactive() {
    return terminals.in && terminals.out;
  }

  /** Says something beside the result, in one line on standard error. */
  void note(String message) {
    try {
      err.println("jishi: " + oneLine(message));
    } catch (Output.Failed e) {
      // Nobody hears us; the exit code still tells.
    }
  }

  /** The text without line breaks and control characters: names in a model file may hold any. */
  static String oneLine(String text) {
    return text.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", "�");
  }
}
