// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * The threads that share one step's work: one team per process, as large as the processors that the
 * process may use. The caller works too. Each thread has a run of neighbouring chunks, takes the
 * first half of what is left of it at a time, since memory is read fastest in one stream, and when
 * that is done takes chunks from the ends of the others' runs, so that a processor that others use
 * only takes fewer chunks. Who waits spins a little, then parks: to wake up takes long, above all
 * on a virtual machine, so a thread whose last waits were short spins longer.
 */
public final class Team {
  /** How long a waiter spins whose last waits were long. */
  private static final long LEAST_SPIN_NANOS = 50_000;

  /** One that spins longer than this burns what others could use. */
  private static final long MOST_SPIN_NANOS = 1_000_000;

  /** Longs between what two threads write: two cache lines. */
  private static final int SPREAD = 16;

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

  /** Of thread w, at {@code w · SPREAD}: the chunks left, the first one in the high half. */
  private final AtomicLongArray left;

  private final AtomicInteger running = new AtomicInteger();
  private volatile Throwable failure;
  private volatile Thread caller;
  private Task task;
  private int sharers;

  private final Patience waits = new Patience(() -> running.get() == 0);

  /** A team of {@code size} threads, the caller among them. */
  Team(int size) {
    workers = new Worker[size - 1];
    left = new AtomicLongArray((size + 1) * SPREAD);
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
      share(count, helpers + 1);
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

  private void share(int count, int threads) {
    sharers = threads;
    for (int w = 0; w < threads; w++) {
      long from = (long) count * w / threads;
      long to = (long) count * (w + 1) / threads;
      left.set((w + 1) * SPREAD, from << 32 | to);
    }
  }

  private void drain(int worker) {
    try {
      for (int i = 0; i < sharers; i++) {
        int owner = (worker + i) % sharers;
        for (long run = take(owner, i == 0); run != 0; run = take(owner, i == 0)) {
          task.run((int) (run >>> 32), (int) run, worker);
        }
      }
    } catch (Throwable t) { // carried to the caller
      failure = t;
      for (int w = 0; w < sharers; w++) {
        left.set((w + 1) * SPREAD, 0);
      }
    }
  }

  /** The first half of what thread {@code owner} has left, or its last chunk; 0 where none is. */
  private long take(int owner, boolean own) {
    int at = (owner + 1) * SPREAD;
    while (true) {
      long range = left.get(at);
      long from = range >>> 32;
      long to = (int) range;
      if (from >= to) {
        return 0;
      }
      long border = own ? from + (to - from + 1) / 2 : to - 1;
      long first = from << 32 | border;
      long second = border << 32 | to;
      if (left.compareAndSet(at, range, own ? second : first)) {
        return own ? first : second;
      }
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
