// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.base.JishiException;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineListener;
import io.jishi.engine.EngineMetrics;
import io.jishi.engine.RequestMetrics;
import io.jishi.engine.StepMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Sends the requests of a trace when its clock says. The clock is the real one, so many times
 * faster; where nothing is under way it jumps to the next request.
 */
final class Replay implements EngineListener {
  private static final long FIRST_TOKEN_IN_TIME = 2_000_000_000L;
  private static final long TOKEN_IN_TIME = 200_000_000L;

  private final Engine engine;
  private final ServeOptions options;
  private final List<RequestMetrics> ended = new ArrayList<>();
  private int under;
  private int refused;
  private int peak;
  private long jumped;
  private boolean over;

  Replay(Engine engine, ServeOptions options) {
    this.engine = engine;
    this.options = options;
  }

  ServeReport.Replay run() throws InterruptedException {
    List<Trace.Entry> entries = Trace.read(options.trace(), options.requests());
    engine.listen(this);
    EngineMetrics before = engine.metrics();
    long start = System.nanoTime();
    for (int i = 0; i < entries.size(); i++) {
      await(entries.get(i), start);
      send(entries.get(i), i);
    }
    synchronized (this) {
      while (under > 0) {
        wait();
      }
      over = true;
    }
    return report(entries.size(), before, engine.metrics(), System.nanoTime() - start);
  }

  /** Waits until a request is due, or until nothing is left to do before it. */
  private synchronized void await(Trace.Entry entry, long start) throws InterruptedException {
    long due = (long) (entry.nanos() / options.speed());
    for (long left = due - clock(start); left > 0 && under > 0; left = due - clock(start)) {
      wait(left / 1_000_000, (int) (left % 1_000_000));
    }
    long early = due - clock(start);
    if (early > 0) {
      jumped += early;
    }
  }

  /** Nanoseconds of the clock that the trace follows, less its speed. */
  private long clock(long start) {
    return System.nanoTime() - start + jumped;
  }

  private void send(Trace.Entry entry, int index) {
    int generate =
        Math.clamp(entry.generate() / options.shrink(), 2, ServeOptions.REPLAY_CONTEXT / 4);
    int most = ServeOptions.REPLAY_CONTEXT - generate - 1;
    int[] prompt =
        entry.tokens(options.shrink(), most, engine.info().vocabulary(), index + 1_000_000L);
    synchronized (this) {
      under++;
    }
    try {
      engine.start(ServeBench.request(prompt, generate));
    } catch (JishiException.Busy e) {
      synchronized (this) {
        refused++;
        under--;
      }
    }
  }

  @Override
  public void requestEnded(RequestMetrics request) {
    synchronized (this) {
      if (!over) {
        ended.add(request);
        under--;
        notifyAll();
      }
    }
  }

  @Override
  public void stepDone(StepMetrics step) {
    int used = engine.metrics().usedBlocks();
    synchronized (this) {
      peak = Math.max(peak, used);
    }
  }

  private synchronized ServeReport.Replay report(
      int requests, EngineMetrics before, EngineMetrics after, long nanos) {
    List<RequestMetrics> good = ended.stream().filter(r -> r.finish() != null).toList();
    long inTime = good.stream().filter(Replay::inTime).count();
    double seconds = nanos / 1e9;
    long prompts = after.promptTokens() - before.promptTokens();
    long steps = after.steps() - before.steps();
    return new ServeReport.Replay(
        requests,
        ended.size() - good.size(),
        refused,
        seconds,
        (double) inTime / requests,
        inTime / seconds,
        (after.generatedTokens() - before.generatedTokens()) / seconds,
        prompts == 0 ? 0 : (double) (after.cachedTokens() - before.cachedTokens()) / prompts,
        steps == 0 ? 0 : (double) (after.stepSequences() - before.stepSequences()) / steps,
        after.preemptions() - before.preemptions(),
        quantiles(good, RequestMetrics::firstTokenNanos),
        quantiles(good, RequestMetrics::perTokenNanos),
        peak,
        after.capacityBlocks());
  }

  private static boolean inTime(RequestMetrics request) {
    return request.firstTokenNanos() <= FIRST_TOKEN_IN_TIME
        && request.perTokenNanos() <= TOKEN_IN_TIME;
  }

  private static ServeReport.Quantiles quantiles(
      List<RequestMetrics> requests, ToLongFunction<RequestMetrics> of) {
    long[] sorted = requests.stream().mapToLong(of).sorted().toArray();
    return new ServeReport.Quantiles(at(sorted, 0.5), at(sorted, 0.9), at(sorted, 0.99));
  }

  private static double at(long[] sorted, double share) {
    int rank = (int) Math.ceil(share * sorted.length) - 1;
    return sorted.length == 0 ? Double.NaN : sorted[Math.max(0, rank)];
  }
}
