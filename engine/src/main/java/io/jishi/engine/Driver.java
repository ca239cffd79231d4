// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import java.util.ArrayDeque;

/**
 * The engine's own platform thread. Forward passes run here only; callers of any kind of thread
 * queue and block. It alternates between steps, which go on as long as there is something to do,
 * and single pieces of work from a bounded queue.
 */
final class Driver implements AutoCloseable {

  /** Work for the thread. It must not throw: failures go to its caller. */
  interface Work {
    /**
     * Does it, or a part of it that takes about as long as a step.
     *
     * @return whether there is more: it then takes its turn again, behind a step and behind the
     *     work that waits
     */
    boolean run();

    /** Tells the caller that the engine was closed before the work was done. */
    void refuse(JishiException.Closed why);
  }

  /** What the thread does between pieces of work. It must not throw. */
  interface Steps {
    /**
     * Does one step.
     *
     * @return whether there is another one to do; else it is called after the next work or {@link
     *     #wake}
     */
    boolean step();
  }

  private final ArrayDeque<Work> queue = new ArrayDeque<>();
  private final int limit;
  private final Steps steps;
  private final Thread thread;
  private boolean awake;
  private boolean closed;

  /** A thread that does work from its queue alone. */
  Driver(String name, int limit) {
    this(name, limit, () -> false);
  }

  /** A thread that does steps and work in turn. */
  Driver(String name, int limit, Steps steps) {
    this.limit = limit;
    this.steps = steps;
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

  /** Queues work that has begun, which is not refused for want of room. */
  private synchronized void again(Work work) {
    if (closed) {
      work.refuse(closedError());
    } else {
      queue.add(work);
    }
  }

  /** There is a step to do. */
  synchronized void wake() {
    awake = true;
    notifyAll();
  }

  private void loop() {
    boolean more = false;
    while (awaits(more)) {
      Work work = take();
      if (work != null && work.run()) {
        again(work);
      }
      more = steps.step();
    }
  }

  /** Waits until there is something to do; false once there never will be. */
  private synchronized boolean awaits(boolean more) {
    while (queue.isEmpty() && !more && !awake && !closed) {
      try {
        wait();
      } catch (InterruptedException e) {
        // Nobody has this thread but us; only close() ends it.
        continue;
      }
    }
    boolean go = more || awake || !queue.isEmpty();
    awake = false;
    return go;
  }

  private synchronized Work take() {
    return queue.poll();
  }

  /** Refuses what waits, and returns once no step is left and what runs has ended. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      queue.forEach(work -> work.refuse(closedError()));
      queue.clear();
      awake = true;
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

  static JishiException.Closed closedError() {
    return new JishiException.Closed("the engine is closed");
  }
}
