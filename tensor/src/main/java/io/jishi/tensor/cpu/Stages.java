// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.BooleanSupplier;

/**
 * Work in stages over the same chunks, each behind a preparation of its own, by threads that do not
 * meet between them: who finds nothing left of a stage goes on to the next, so that a thread that
 * is held up holds up the others only where they need what it does. A chunk's stages are done one
 * after another; a stage's chunks begin when all of its preparation is done, and that begins when
 * the stage whose memory it takes is done. Who waits, waits for work of an earlier moment that some
 * thread is at: nobody waits in a circle.
 */
final class Stages implements Team.Task {
  /** How long a waiter spins before it lets others have the processor. */
  private static final long SPIN_NANOS = 50_000;

  /** What is done. */
  interface Work {
    /** Does one part of a stage's preparation. */
    void prepare(int stage, int part, int worker);

    /** Does chunks {@code from … to − 1} of a stage. */
    void run(int stage, int from, int to, int worker);
  }

  private final int[] parts;
  private final int chunks;
  private final int slots;
  private final Work work;

  /** Parts of each stage's preparation that were begun. */
  private final AtomicIntegerArray begun;

  /** Parts of each stage's preparation that are done. */
  private final AtomicIntegerArray prepared;

  /** Chunks of each stage that are done. */
  private final AtomicIntegerArray finished;

  /** Stages of each chunk that are done. */
  private final AtomicIntegerArray done;

  /** The chunks of each stage that are left. */
  private final Runs[] left;

  private volatile boolean failed;

  /**
   * Stages.
   *
   * @param parts of each stage's preparation
   * @param chunks of every stage
   * @param slots memories of preparations: stage s has that of stage {@code s − slots}
   * @param threads at most
   */
  Stages(int[] parts, int chunks, int slots, int threads, Work work) {
    this.parts = parts;
    this.chunks = chunks;
    this.slots = slots;
    this.work = work;
    begun = new AtomicIntegerArray(parts.length);
    prepared = new AtomicIntegerArray(parts.length);
    finished = new AtomicIntegerArray(parts.length);
    done = new AtomicIntegerArray(chunks);
    left = new Runs[parts.length];
    Arrays.setAll(left, i -> new Runs(threads));
    for (Runs runs : left) {
      runs.share(chunks, threads);
    }
  }

  /** What one thread does of all stages; the chunk is that thread's place in the team. */
  @Override
  public void run(int chunk, int worker) {
    try {
      for (int stage = 0; stage < parts.length; stage++) {
        if (!prepare(stage, worker) || !chunks(stage, worker)) {
          return;
        }
      }
    } catch (Throwable t) { // the others are not to wait for what will not come
      failed = true;
      throw t;
    }
  }

  /** Gives whether to go on, all of the preparation done. */
  private boolean prepare(int stage, int worker) {
    int before = stage - slots;
    if (before >= 0 && begun.get(stage) < parts[stage] && !await(finished, before, chunks)) {
      return false;
    }
    for (int p = begun.getAndIncrement(stage); p < parts[stage]; p = begun.getAndIncrement(stage)) {
      work.prepare(stage, p, worker);
      prepared.getAndIncrement(stage);
    }
    return await(prepared, stage, parts[stage]);
  }

  private boolean chunks(int stage, int worker) {
    for (long run = left[stage].next(worker); run != 0; run = left[stage].next(worker)) {
      int from = Runs.from(run);
      int to = Runs.to(run);
      for (int c = from; c < to; c++) {
        if (!await(done, c, stage)) {
          return false;
        }
      }
      work.run(stage, from, to, worker);
      for (int c = from; c < to; c++) {
        done.set(c, stage + 1);
      }
      finished.getAndAdd(stage, to - from);
    }
    return true;
  }

  /** Waits until a count is reached; gives whether to go on. */
  private boolean await(AtomicIntegerArray counts, int at, int count) {
    return counts.get(at) >= count || await(() -> counts.get(at) >= count);
  }

  private boolean await(BooleanSupplier over) {
    long start = System.nanoTime();
    while (!failed && !over.getAsBoolean()) {
      if (System.nanoTime() - start < SPIN_NANOS) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
    }
    return !failed;
  }
}
