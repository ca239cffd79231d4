// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import io.jishi.base.JishiException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The platform thread on which a model's passes run, and the bounded queue before it. */
final class Worker implements AutoCloseable {
  private final ThreadPoolExecutor thread;

  Worker(String name, int queue) {
    thread =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(queue + 1),
            Thread.ofPlatform().name(name).daemon().factory());
  }

  /**
   * Runs on the thread, and waits.
   *
   * @throws JishiException.Busy where the queue is full
   * @throws JishiException.Closed after {@link #close}
   * @throws JishiException.Cancelled where the waiting thread is interrupted
   */
  <T> T run(Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    try {
      thread.execute(task);
    } catch (RejectedExecutionException e) {
      if (thread.isShutdown()) {
        throw new JishiException.Closed("the model is closed");
      }
      throw new JishiException.Busy(
          thread.getQueue().size() + " calls are waiting already; try again later");
    }
    try {
      return task.get();
    } catch (InterruptedException e) {
      task.cancel(false); // a pass that runs ends; one that waits does not begin
      Thread.currentThread().interrupt();
      throw new JishiException.Cancelled("the waiting thread was interrupted");
    } catch (java.util.concurrent.CancellationException e) {
      throw new JishiException.Closed("the model is closed");
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    }
  }

  /** Calls that wait for their turn. */
  int waiting() {
    return thread.getQueue().size();
  }

  private static RuntimeException failure(Throwable t) {
    return switch (t) {
      case OutOfMemoryError e ->
          new JishiException.OutOfResources("memory ran out: " + e.getMessage(), e);
      case RuntimeException e -> e;
      default -> new IllegalStateException("the model failed", t);
    };
  }

  /** Refuses what waits, and returns once what runs has ended. */
  @Override
  public void close() {
    for (Runnable waiting : thread.shutdownNow()) {
      ((FutureTask<?>) waiting).cancel(false);
    }
    boolean interrupted = false;
    while (true) {
      try {
        if (thread.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true; // the memory must not go before the thread has ended
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
