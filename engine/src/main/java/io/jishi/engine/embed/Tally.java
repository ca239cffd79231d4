// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Counts calls, and tells listeners and the flight recorder of them. For many threads. */
final class Tally {
  private static final System.Logger LOG = System.getLogger(Tally.class.getName());

  private final String model;
  private final List<EncoderListener> listeners = new CopyOnWriteArrayList<>();
  private long answered;
  private long failed;
  private long refused;
  private long texts;
  private long tokens;
  private long queueNanos;
  private long nanos;

  Tally(String model) {
    this.model = model;
  }

  void listen(EncoderListener listener) {
    listeners.add(listener);
  }

  synchronized void refuse() {
    refused++;
  }

  void ended(CallMetrics call) {
    synchronized (this) {
      answered += call.failed() ? 0 : 1;
      failed += call.failed() ? 1 : 0;
      texts += call.texts();
      tokens += call.tokens();
      queueNanos += call.queueNanos();
      nanos += call.nanos();
    }
    CallEvent.commit(model, call);
    for (EncoderListener listener : listeners) {
      try {
        listener.callEnded(call);
      } catch (RuntimeException e) { // a stranger's: callers must not pay for it
        LOG.log(System.Logger.Level.WARNING, "a listener failed", e);
      }
    }
  }

  synchronized EncoderMetrics metrics(int waiting) {
    return new EncoderMetrics(answered, failed, refused, texts, tokens, queueNanos, nanos, waiting);
  }
}
