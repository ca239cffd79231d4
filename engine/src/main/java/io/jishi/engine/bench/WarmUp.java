// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.base.JishiException;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Runs what is to be measured until the JIT has compiled it: its threads take processors from those
 * that compute, so that a figure taken meanwhile is one of the JIT.
 */
public final class WarmUp {
  /** Times the least duration after which a JIT that still compiles is waited for no longer. */
  static final int MOST = 10;

  private static final Duration LONGEST = Duration.ofMinutes(10);

  /** Of the time of a run, what a JIT that rests may take. */
  private static final double REST = 0.02;

  /** Runs in a row in which the JIT rests: a long compilation is counted only when it ends. */
  private static final int QUIET_RUNS = 2;

  private final LongSupplier clock;
  private final LongSupplier compiled;

  /**
   * Of other clocks.
   *
   * @param clock nanoseconds
   * @param compiled milliseconds that the JIT has worked so far
   */
  WarmUp(LongSupplier clock, LongSupplier compiled) {
    this.clock = clock;
    this.compiled = compiled;
  }

  /**
   * Runs {@code work} once at least, then until the JIT has rested for {@code least}, since what is
   * called seldom is compiled late, but no longer than ten times {@code least}. The last run is
   * always finished.
   */
  public static void run(Duration least, Runnable work) {
    CompilationMXBean jit = ManagementFactory.getCompilationMXBean();
    boolean known = jit != null && jit.isCompilationTimeMonitoringSupported();
    new WarmUp(System::nanoTime, known ? jit::getTotalCompilationTime : () -> 0).until(least, work);
  }

  /**
   * Refuses what nobody means.
   *
   * @throws JishiException.BadRequest below 0 or above 600 seconds
   */
  public static void check(Duration least) {
    if (least.isNegative() || least.compareTo(LONGEST) > 0) {
      throw new JishiException.BadRequest("warm-up", "warm-up: bench needs 0 to 600 seconds");
    }
  }

  void until(Duration least, Runnable work) {
    long start = clock.getAsLong();
    long now = start;
    long busyUntil = start;
    int quiet = 0;
    do {
      long begin = now;
      long before = compiled.getAsLong();
      work.run();
      now = clock.getAsLong();
      double busy = (compiled.getAsLong() - before) * 1e6;
      boolean rests = busy <= REST * (now - begin);
      quiet = rests ? quiet + 1 : 0;
      busyUntil = rests ? busyUntil : now;
    } while ((quiet < QUIET_RUNS || now - busyUntil < least.toNanos())
        && now - start < MOST * least.toNanos());
  }
}
