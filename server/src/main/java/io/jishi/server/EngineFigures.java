// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.engine.Answer;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineListener;
import io.jishi.engine.EngineMetrics;
import io.jishi.engine.RequestMetrics;
import io.jishi.engine.StepMetrics;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What an engine does, counted since the start of the server. */
final class EngineFigures implements EngineListener {
  private static final double NANOS = 1e9;

  private final Engine engine;
  private final Map<Answer.Finish, Long> finished = new EnumMap<>(Answer.Finish.class);
  private final Histogram queue = Histogram.doubling(0.001, 16);
  private final Histogram firstToken = Histogram.doubling(0.001, 16);
  private final Histogram perToken = Histogram.doubling(0.001, 12);
  private final Histogram whole = Histogram.doubling(0.01, 16);
  private final Histogram batch = Histogram.doubling(1, 11);
  private final Histogram stepTokens = Histogram.doubling(1, 14);
  private final Histogram stepTime = Histogram.doubling(0.0005, 14);

  private EngineFigures(Engine engine) {
    this.engine = engine;
    for (Answer.Finish finish : Answer.Finish.values()) {
      finished.put(finish, 0L);
    }
  }

  /** Counts from now on; null where the engine tells nothing of itself. */
  static EngineFigures of(Engine engine) {
    EngineFigures figures = new EngineFigures(engine);
    try {
      engine.metrics();
      engine.listen(figures);
      return figures;
    } catch (UnsupportedOperationException e) { // an engine of the embedding program's own
      return null;
    }
  }

  @Override
  public void requestEnded(RequestMetrics request) {
    if (request.finish() == null) {
      return; // it failed: the engine counts it
    }
    synchronized (finished) {
      finished.merge(request.finish(), 1L, Long::sum);
    }
    queue.add(request.usage().queueNanos() / NANOS);
    if (request.usage().generatedTokens() > 0) {
      firstToken.add(request.firstTokenNanos() / NANOS);
    }
    if (request.usage().generatedTokens() > 1) {
      perToken.add(request.perTokenNanos() / NANOS);
    }
    whole.add((request.firstTokenNanos() + request.usage().decodeNanos()) / NANOS);
  }

  @Override
  public void stepDone(StepMetrics step) {
    batch.add(step.generating() + step.prompts());
    stepTokens.add(step.tokens());
    stepTime.add(step.nanos() / NANOS);
  }

  /** Writes all of it. */
  void write(PrometheusText out) {
    EngineMetrics now = engine.metrics();
    finished(out);
    out.counter("requests_failed", "Requests that ended with an error.", now.failed());
    out.counter("requests_rejected", "Requests that were told: busy.", now.refused());
    out.counter("prompt_tokens", "Tokens of prompts that were started.", now.promptTokens());
    out.counter("cached_tokens", "Those of them found in the cache.", now.cachedTokens());
    out.counter("generated_tokens", "Tokens drawn for ended requests.", now.generatedTokens());
    out.counter("guessed_tokens", "Tokens computed ahead.", now.guesses().computed());
    out.counter("accepted_tokens", "Those of them that came true.", now.guesses().accepted());
    out.counter("steps", "Steps of the model.", now.steps());
    out.counter("preemptions", "Sequences that had to wait again.", now.preemptions());
    out.counter("evictions", "Cached blocks that had to go.", now.evictions());
    out.gauge("running", "Sequences that run.", now.running());
    out.gauge("waiting", "Sequences that wait.", now.waiting());
    out.gauge("cache_blocks_used", "Blocks of 64 tokens in use.", now.usedBlocks());
    out.gauge("cache_blocks_reusable", "Blocks that can be found again.", now.cachedBlocks());
    out.gauge("cache_blocks_limit", "The most blocks there can be.", now.capacityBlocks());
    out.histogram("queue_seconds", "Time before the first step.", queue);
    out.histogram("first_token_seconds", "From arrival to the first token.", firstToken);
    out.histogram("token_seconds", "Mean time of a further token, by request.", perToken);
    out.histogram("request_seconds", "From arrival to the end.", whole);
    out.histogram("step_sequences", "Sequences in a step: the batch.", batch);
    out.histogram("step_tokens", "Tokens computed in a step.", stepTokens);
    out.histogram("step_seconds", "Time of a step.", stepTime);
  }

  private void finished(PrometheusText out) {
    Map<String, Long> counts = new LinkedHashMap<>();
    synchronized (finished) {
      finished.forEach((finish, n) -> counts.put(finish.name().toLowerCase(Locale.ROOT), n));
    }
    out.counters(
        "requests", "Requests that ended with an answer, by why it ended.", "finish", counts);
  }
}
