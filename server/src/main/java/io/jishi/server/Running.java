// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.JishiException;
import io.jishi.engine.Generation;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The calls under way, from admission until their answer is written. Safe for use by any number of
 * threads.
 */
final class Running {
  private final Set<Ticket> tickets = new HashSet<>();
  private boolean draining;
  private boolean cancelled;

  /**
   * Admits a call and starts it.
   *
   * @throws JishiException.Closed once the server drains
   */
  Ticket start(Supplier<Generation> generation) {
    Ticket ticket = new Ticket();
    synchronized (this) {
      if (draining) {
        throw new JishiException.Closed("the server is stopping: ask again later or elsewhere");
      }
      tickets.add(ticket);
    }
    try {
      Generation started = generation.get();
      synchronized (this) {
        ticket.generation = started;
        if (cancelled) {
          started.cancel();
        }
      }
      return ticket;
    } catch (Throwable e) {
      leave(ticket);
      throw e;
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
    for (Ticket ticket : tickets) {
      if (ticket.generation != null) {
        ticket.generation.cancel();
      }
    }
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

  private synchronized void leave(Ticket ticket) {
    tickets.remove(ticket);
    notifyAll();
  }

  /** One call under way; closing cancels its generation where it has not ended. */
  final class Ticket implements AutoCloseable {
    private Generation generation;

    Generation generation() {
      return generation;
    }

    @Override
    public void close() {
      try {
        generation.close();
      } finally {
        leave(this);
      }
    }
  }
}
