// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * The threads that share one step's work: one team per process, as large as the processors that the
 * process may use. The caller works too. Who waits spins a little, then parks: to wake up takes
 * long, above all on a virtual machine, so a thread whose last waits were short spins longer.
 */
public final class Team {
  /** How long a waiter spins whose last waits were long. */
  private static final long LEAST_SPIN_NANOS = 50_000;

  /** One that spins longer than this burns what others could use. */
  private static final long MOST_SPIN_NANOS = 1_000_000;

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

    /** Does chunks {@code from … to − 1}, at least one. */
    default void run(int from, int to, int worker) {
      for (int chunk = from; chunk < to; chunk++) {
        run(chunk, worker);
      }
    }
  }

  private final Worker[] workers;
  private final ReentrantLock lease = new ReentrantLock();

  /** The chunks that nobody took yet. */
  private final Runs left;

  private final AtomicInteger running = new AtomicInteger();
  private volatile Throwable failure;
  private volatile Thread caller;
  private Task task;

  private final Patience waits = new Patience(() -> running.get() == 0);

  /** A team of {@code size} threads, the caller among them. */
  Team(int size) {
    workers = new Worker[size - 1];
    left = new Runs(size);
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
        if (count > 0) {
          work.run(0, count, 0);
        }
        return;
      }
      task = work;
      failure = null;
      caller = Thread.currentThread();
      left.share(count, helpers + 1);
      running.set(helpers);
      for (int w = 0; w < helpers; w++) {
        workers[w].wake();
      }
      drain(0);
      waits.await();
      task = null;
      rethrow();
    } finally {
      lease.unlock();
    }
  }

  private void drain(int worker) {
    try {
      for (long run = left.next(worker); run != 0; run = left.next(worker)) {
        task.run(Runs.from(run), Runs.to(run), worker);
      }
    } catch (Throwable t) { // carried to the caller
      failure = t;
      left.clear();
    }
  }

  /** The waits of one thread for one thing. */
  private final class Patience {
    private final BooleanSupplier over;
    private long nanos = LEAST_SPIN_NANOS;

    Patience(BooleanSupplier over) {
      this.over = over;
    }

    void await() {
      long start = System.nanoTime();
      boolean parked = false;
      while (!over.getAsBoolean()) {
        if (System.nanoTime() - start < nanos) {
          Thread.onSpinWait();
        } else {
          parked = true;
          LockSupport.park(Team.this);
        }
      }
      nanos = parked ? Math.max(LEAST_SPIN_NANOS, nanos / 2) : Math.min(MOST_SPIN_NANOS, 2 * nanos);
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
    private final Patience work = new Patience(() -> awake);

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
      work.await();
      awake = false;
    }
  }
}
