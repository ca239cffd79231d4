// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.JishiException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The calls under way, from admission until their answer is written. Safe for use by any number of
 * threads.
 */
final class Running {
  private final Set<Ticket<?>> tickets = new HashSet<>();
  private boolean draining;
  private boolean cancelled;

  /**
   * Admits a call and starts its work.
   *
   * @param cancel ends the work soon; it may be called when that has ended
   * @throws JishiException.Closed once the server drains
   */
  <T> Ticket<T> start(Supplier<T> work, Consumer<T> cancel) {
    Ticket<T> ticket = new Ticket<>(cancel);
    synchronized (this) {
      if (draining) {
        throw new JishiException.Closed("the server is stopping: ask again later or elsewhere");
      }
      tickets.add(ticket);
    }
    try {
      T started = work.get();
      synchronized (this) {
        ticket.work = started;
        if (cancelled) {
          cancel.accept(started);
        }
      }
      return ticket;
    } catch (Throwable e) {
      leave(ticket);
      throw e;
    }
  }

  /** Runs work that nothing can cancel, once it is admitted; see {@link #start}. */
  void during(Runnable work) {
    try (Ticket<Runnable> ticket = start(() -> work, _ -> {})) {
      ticket.work().run();
    }
  }

  /** From now on every call is refused. */
  synchronized void drain() {
    draining = true;
  }

  synchronized boolean draining() {
    return draining;
  }

  /** Cancels what is under way and what is being started. */
  synchronized void cancel() {
    cancelled = true;
    tickets.forEach(Ticket::cancel);
  }

  /** Waits until nothing is under way; false where the time ran out first. */
  synchronized boolean await(Duration time) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    while (!tickets.isEmpty()) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      wait(left / 1_000_000, (int) (left % 1_000_000));
    }
    return true;
  }

  private synchronized void leave(Ticket<?> ticket) {
    tickets.remove(ticket);
    notifyAll();
  }

  /** One call under way; closing cancels its work where that has not ended. */
  final class Ticket<T> implements AutoCloseable {
    private final Consumer<T> cancel;
    private T work;

    private Ticket(Consumer<T> cancel) {
      this.cancel = cancel;
    }

    T work() {
      return work;
    }

    private void cancel() {
      if (work != null) {
        cancel.accept(work);
      }
    }

    @Override
    public void close() {
      try {
        cancel.accept(work);
      } finally {
        leave(this);
      }
    }
  }
}
