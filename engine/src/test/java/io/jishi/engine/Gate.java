// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Holds up an engine after each step as long as a test wants, so that no test needs to be quick.
 */
final class Gate implements EngineListener {
  final ReentrantLock lock = new ReentrantLock();
  private final Semaphore steps = new Semaphore(0);

  @Override
  public void stepDone(StepMetrics step) {
    steps.release();
    lock.lock();
    lock.unlock();
  }

  /** Waits for a step that was done since the last call, or for the next one. */
  void awaitStep() {
    steps.acquireUninterruptibly();
  }
}
