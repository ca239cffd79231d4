// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.engine.Answer;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineListener;
import io.jishi.engine.EngineMetrics;
import io.jishi.engine.RequestMetrics;
import io.jishi.engine.StepMetrics;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * What an engine does, as Prometheus reads it (text format 0.0.4). Times are seconds, histograms
 * count from the start of the server.
 */
final class PrometheusText implements EngineListener {
  /** The content type of a page. */
  static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

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

  private PrometheusText(Engine engine) {
    this.engine = engine;
    for (Answer.Finish finish : Answer.Finish.values()) {
      finished.put(finish, 0L);
    }
  }

  /** Counts from now on; null where the engine tells nothing of itself. */
  static PrometheusText of(Engine engine) {
    PrometheusText text = new PrometheusText(engine);
    try {
      engine.metrics();
      engine.listen(text);
      return text;
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

  /** The page that a scraper gets. */
  String page() {
    EngineMetrics now = engine.metrics();
    StringBuilder out = new StringBuilder();
    finished(out);
    counter(out, "requests_failed", "Requests that ended with an error.", now.failed());
    counter(out, "requests_rejected", "Requests that were told: busy.", now.refused());
    counter(out, "prompt_tokens", "Tokens of prompts that were started.", now.promptTokens());
    counter(out, "cached_tokens", "Those of them found in the cache.", now.cachedTokens());
    counter(out, "generated_tokens", "Tokens drawn for ended requests.", now.generatedTokens());
    counter(out, "guessed_tokens", "Tokens computed ahead.", now.guesses().computed());
    counter(out, "accepted_tokens", "Those of them that came true.", now.guesses().accepted());
    counter(out, "steps", "Steps of the model.", now.steps());
    counter(out, "preemptions", "Sequences that had to wait again.", now.preemptions());
    counter(out, "evictions", "Cached blocks that had to go.", now.evictions());
    gauge(out, "running", "Sequences that run.", now.running());
    gauge(out, "waiting", "Sequences that wait.", now.waiting());
    gauge(out, "cache_blocks_used", "Blocks of 64 tokens in use.", now.usedBlocks());
    gauge(out, "cache_blocks_reusable", "Blocks that can be found again.", now.cachedBlocks());
    gauge(out, "cache_blocks_limit", "The most blocks there can be.", now.capacityBlocks());
    histogram(out, "queue_seconds", "Time before the first step.", queue);
    histogram(out, "first_token_seconds", "From arrival to the first token.", firstToken);
    histogram(out, "token_seconds", "Mean time of a further token, by request.", perToken);
    histogram(out, "request_seconds", "From arrival to the end.", whole);
    histogram(out, "step_sequences", "Sequences in a step: the batch.", batch);
    histogram(out, "step_tokens", "Tokens computed in a step.", stepTokens);
    histogram(out, "step_seconds", "Time of a step.", stepTime);
    return out.toString();
  }

  private void finished(StringBuilder out) {
    head(out, "requests_total", "Requests that ended with an answer, by why it ended.", "counter");
    synchronized (finished) {
      finished.forEach(
          (finish, count) ->
              out.append("jishi_requests_total{finish=\"")
                  .append(finish.name().toLowerCase(Locale.ROOT))
                  .append("\"} ")
                  .append(count)
                  .append('\n'));
    }
  }

  private static void counter(StringBuilder out, String name, String help, long value) {
    head(out, name + "_total", help, "counter");
    out.append("jishi_").append(name).append("_total ").append(value).append('\n');
  }

  private static void gauge(StringBuilder out, String name, String help, long value) {
    head(out, name, help, "gauge");
    out.append("jishi_").append(name).append(' ').append(value).append('\n');
  }

  private static void histogram(StringBuilder out, String name, String help, Histogram values) {
    head(out, name, help, "histogram");
    values.write("jishi_" + name, out);
  }

  private static void head(StringBuilder out, String name, String help, String type) {
    out.append("# HELP jishi_").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE jishi_").append(name).append(' ').append(type).append('\n');
  }
}
