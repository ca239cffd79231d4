// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.engine.cache.PrefixCache;
import io.jishi.engine.schedule.Scheduler;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Counts what an engine does, and tells listeners and the flight recorder. Steps and ends come from
 * the driver's thread; any thread may ask.
 */
final class Meter {
  private static final System.Logger LOG = System.getLogger(Meter.class.getName());

  private final List<EngineListener> listeners = new CopyOnWriteArrayList<>();
  private long answered;
  private long failed;
  private long refused;
  private long promptTokens;
  private long cachedTokens;
  private long generatedTokens;
  private long queueNanos;
  private long firstTokenNanos;
  private long decodeNanos;
  private long furtherTokens;
  private long guessed;
  private long accepted;
  private long steps;
  private long stepTokens;
  private long stepSequences;
  private long preemptions;
  private long evictions;
  private int running;
  private int waiting;
  private int cachedBlocks;
  private int usedBlocks;
  private int capacityBlocks;

  void listen(EngineListener listener) {
    listeners.add(listener);
  }

  synchronized void refuse() {
    refused++;
  }

  /** A request has found its place. */
  synchronized void started(int prompt, int cached) {
    promptTokens += prompt;
    cachedTokens += cached;
  }

  void ended(RequestMetrics request) {
    synchronized (this) {
      answered += request.finish() == null ? 0 : 1;
      failed += request.finish() == null ? 1 : 0;
      generatedTokens += request.usage().generatedTokens();
      queueNanos += request.usage().queueNanos();
      firstTokenNanos += request.firstTokenNanos();
      decodeNanos += request.usage().decodeNanos();
      furtherTokens += Math.max(0, request.usage().generatedTokens() - 1);
      guessed += request.usage().guesses().computed();
      accepted += request.usage().guesses().accepted();
    }
    RequestEvent.commit(request);
    tell(listener -> listener.requestEnded(request));
  }

  /** A step is done; the event was begun before it. */
  void step(StepMetrics step, StepEvent event) {
    if (event.shouldCommit()) {
      event.generating = step.generating();
      event.prompts = step.prompts();
      event.tokens = step.tokens();
      event.guesses = step.guesses();
      event.waiting = step.waiting();
      event.commit();
    }
    synchronized (this) {
      steps++;
      stepTokens += step.tokens();
      stepSequences += step.generating() + step.prompts();
    }
    if (!listeners.isEmpty()) {
      tell(listener -> listener.stepDone(step));
    }
  }

  /** What is held now. */
  synchronized void gauge(Scheduler<?> scheduler, PrefixCache cache) {
    preemptions = scheduler.preemptions();
    evictions = cache.counters().evictions();
    running = scheduler.running().size();
    waiting = scheduler.waiting().size();
    cachedBlocks = cache.counters().blocks();
    usedBlocks = cache.pool().usedBlocks();
    capacityBlocks = cache.pool().capacity();
  }

  private void tell(Consumer<EngineListener> message) {
    for (EngineListener listener : listeners) {
      try {
        message.accept(listener);
      } catch (RuntimeException e) { // a stranger's: callers must not pay for it
        LOG.log(System.Logger.Level.WARNING, "a listener failed", e);
      }
    }
  }

  synchronized EngineMetrics metrics() {
    return new EngineMetrics(
        answered,
        failed,
        refused,
        promptTokens,
        cachedTokens,
        generatedTokens,
        queueNanos,
        firstTokenNanos,
        decodeNanos,
        furtherTokens,
        steps,
        stepTokens,
        stepSequences,
        preemptions,
        evictions,
        new Usage.Guesses(guessed, accepted),
        running,
        waiting,
        cachedBlocks,
        usedBlocks,
        capacityBlocks);
  }
}
