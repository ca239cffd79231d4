// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Turns Ctrl-C and SIGTERM into a question that long work asks; the process waits for its end. */
final class StopSignal implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 600;

  private final AtomicBoolean stop = new AtomicBoolean();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stopAndWait, "jishi-end");

  StopSignal() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Whether the work is to end. */
  boolean given() {
    return stop.get();
  }

  private void stopAndWait() {
    stop.set(true);
    try {
      if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        Runtime.getRuntime().halt(1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The work has ended. */
  @Override
  public void close() {
    ended.countDown();
    if (!stop.get()) {
      Runtime.getRuntime().removeShutdownHook(hook);
    }
  }
}
