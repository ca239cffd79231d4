// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The threads that share one step's work: one team per process, as large as the processors that the
 * process may use. The caller works too. Work goes out in chunks, to whoever is free, so that a
 * processor that others use only takes fewer chunks. Who waits spins a little, then parks.
 */
public final class Team {
  /** A waiter that spins longer than this burns what others could use. */
  private static final long SPIN_NANOS = 50_000;

  private static final Team PROCESS = new Team(Runtime.getRuntime().availableProcessors());

  /** Work that is cut into chunks. */
  @FunctionalInterface
  public interface Task {
    /**
     * Does one chunk.
     *
     * @param chunk which
     * @param worker who works, {@code 0 … size - 1}: no two at a time have the same number
     */
    void run(int chunk, int worker);
  }

  private final Worker[] workers;
  private final ReentrantLock lease = new ReentrantLock();
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private volatile Throwable failure;
  private volatile Thread caller;
  private Task task;
  private int chunks;

  /** A team of {@code size} threads, the caller among them. */
  Team(int size) {
    workers = new Worker[size - 1];
    for (int w = 0; w < workers.length; w++) {
      workers[w] = new Worker(w + 1);
      workers[w].start();
    }
  }

  /** The team of this process. */
  public static Team process() {
    return PROCESS;
  }

  /** Threads, the caller included. */
  public int size() {
    return workers.length + 1;
  }

  /**
   * Does all chunks and returns when they are done. One caller at a time; others wait.
   *
   * @param width how many threads at most
   */
  public void run(int count, int width, Task work) {
    lease.lock();
    try {
      int helpers = Math.min(Math.min(width, size()), count) - 1;
      if (helpers <= 0) {
        for (int c = 0; c < count; c++) {
          work.run(c, 0);
        }
        return;
      }
      task = work;
      chunks = count;
      failure = null;
      caller = Thread.currentThread();
      next.set(0);
      running.set(helpers);
      for (int w = 0; w < helpers; w++) {
        workers[w].wake();
      }
      drain(0);
      awaitHelpers();
      task = null;
      rethrow();
    } finally {
      lease.unlock();
    }
  }

  private void drain(int worker) {
    try {
      for (int c = next.getAndIncrement(); c < chunks; c = next.getAndIncrement()) {
        task.run(c, worker);
      }
    } catch (Throwable t) { // carried to the caller
      failure = t;
      next.set(chunks);
    }
  }

  private void awaitHelpers() {
    long start = System.nanoTime();
    while (running.get() > 0) {
      if (System.nanoTime() - start < SPIN_NANOS) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(this);
      }
    }
  }

  private void rethrow() {
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable t -> throw new IllegalStateException(t);
    }
  }

  private final class Worker extends Thread {
    private final int number;
    private volatile boolean awake;

    Worker(int number) {
      super("jishi-worker-" + number);
      this.number = number;
      setDaemon(true);
    }

    void wake() {
      awake = true;
      LockSupport.unpark(this);
    }

    @Override
    public void run() {
      while (true) {
        awaitWork();
        drain(number);
        // Read before the last helper's decrement lets the caller go on to another run.
        Thread waiting = caller;
        if (running.decrementAndGet() == 0) {
          LockSupport.unpark(waiting);
        }
      }
    }

    private void awaitWork() {
      long start = System.nanoTime();
      while (!awake) {
        if (System.nanoTime() - start < SPIN_NANOS) {
          Thread.onSpinWait();
        } else {
          LockSupport.park(Team.this);
        }
      }
      awake = false;
    }
  }
}
