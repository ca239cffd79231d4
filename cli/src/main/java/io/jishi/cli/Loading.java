// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.engine.Engine;
import io.jishi.engine.EngineOptions;
import java.nio.file.Path;
import java.time.Duration;

/** Loads a model; where that takes long and a person waits, says so. */
final class Loading {
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final String CLEAR_LINE = "\r\u001b[K";

  private Loading() {}

  static Engine open(Shell shell, Path model, EngineOptions options) {
    if (!shell.terminals().err()) {
      return shell.opener().apply(model, options);
    }
    Thread clock = Thread.ofVirtual().start(() -> count(shell, model));
    try {
      return shell.opener().apply(model, options);
    } finally {
      stop(clock);
    }
  }

  private static void count(Shell shell, Path model) {
    long start = System.nanoTime();
    String name = Shell.oneLine(String.valueOf(model.getFileName()));
    try {
      Thread.sleep(PATIENCE);
      try {
        while (true) {
          long seconds = (System.nanoTime() - start) / 1_000_000_000;
          shell.err().print("\rloading " + name + " … " + seconds + " s");
          Thread.sleep(TICK);
        }
      } finally {
        shell.err().print(CLEAR_LINE);
      }
    } catch (InterruptedException | Output.Failed e) {
      // Loaded, or nobody looks.
    }
  }

  private static void stop(Thread clock) {
    clock.interrupt();
    boolean interrupted = false;
    while (true) {
      try {
        clock.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true; // the clock ends at once: wait, then pass it on
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
