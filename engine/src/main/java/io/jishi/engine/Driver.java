// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import java.util.ArrayDeque;

/**
 * The engine's own platform thread and the bounded queue before it. Forward passes run here only;
 * callers of any kind of thread queue and block.
 */
final class Driver implements AutoCloseable {

  /** Work for the thread. It must not throw: failures go to its caller. */
  interface Work extends Runnable {
    /** Tells the caller that the engine was closed before the work began. */
    void refuse(JishiException.Closed why);
  }

  private final ArrayDeque<Work> queue = new ArrayDeque<>();
  private final int limit;
  private final Thread thread;
  private boolean closed;

  Driver(String name, int limit) {
    this.limit = limit;
    thread = new Thread(this::loop, name);
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Queues work.
   *
   * @throws JishiException.Busy where the queue is full
   * @throws JishiException.Closed after {@link #close()}
   */
  synchronized void submit(Work work) {
    if (closed) {
      throw closedError();
    }
    // One more may stand here than may wait: the one that an idle thread is about to take.
    if (queue.size() > limit) {
      throw new JishiException.Busy(
          queue.size() + " requests are waiting already; try again later");
    }
    queue.add(work);
    notifyAll();
  }

  private void loop() {
    for (Work work = take(); work != null; work = take()) {
      work.run();
    }
  }

  private synchronized Work take() {
    while (queue.isEmpty() && !closed) {
      try {
        wait();
      } catch (InterruptedException e) {
        // Nobody has this thread but us; only close() ends it.
        continue;
      }
    }
    return queue.poll();
  }

  /** Refuses what waits, and returns once what runs has ended. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      queue.forEach(work -> work.refuse(closedError()));
      queue.clear();
      notifyAll();
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true; // the memory must not go before the thread has ended
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static JishiException.Closed closedError() {
    return new JishiException.Closed("the engine is closed");
  }
}
