// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.engine.embed.CallMetrics;
import io.jishi.engine.embed.Encoder;
import io.jishi.engine.embed.EncoderListener;
import io.jishi.engine.embed.EncoderMetrics;

/** What an embedder or a reranker does, counted since the start of the server. */
final class EncoderFigures implements EncoderListener {
  private static final double NANOS = 1e9;

  private final String name;
  private final Encoder encoder;
  private final Histogram queue = Histogram.doubling(0.001, 16);
  private final Histogram passes = Histogram.doubling(0.001, 16);
  private final Histogram texts = Histogram.doubling(1, 12);

  /**
   * Counts from now on.
   *
   * @param name that its figures begin with
   */
  EncoderFigures(String name, Encoder encoder) {
    this.name = name;
    this.encoder = encoder;
    encoder.listen(this);
  }

  @Override
  public void callEnded(CallMetrics call) {
    if (!call.failed()) {
      queue.add(call.queueNanos() / NANOS);
      passes.add(call.nanos() / NANOS);
      texts.add(call.texts());
    }
  }

  /** Writes all of it. */
  void write(PrometheusText out) {
    EncoderMetrics now = encoder.metrics();
    out.counter(name, "Calls that ended with a result.", now.answered());
    out.counter(name + "_failed", "Calls that ended with an error.", now.failed());
    out.counter(name + "_rejected", "Calls that were told: busy.", now.refused());
    out.counter(name + "_texts", "Texts of calls that ended.", now.texts());
    out.counter(name + "_tokens", "Tokens of these texts.", now.tokens());
    out.gauge(name + "_waiting", "Calls that wait.", now.waiting());
    out.histogram(name + "_queue_seconds", "Time before the first pass.", queue);
    out.histogram(name + "_pass_seconds", "Time of the passes of a call.", passes);
    out.histogram(name + "_call_texts", "Texts of a call: the batch.", texts);
  }
}
