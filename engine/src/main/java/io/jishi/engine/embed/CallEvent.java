// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A call that has ended, for Java Flight Recorder. */
@Name("jishi.Encode")
@Label("Encode")
@Category("Jishi")
@Description("A call of an embedder or a reranker that has ended")
@StackTrace(false)
final class CallEvent extends Event {
  @Label("Model")
  String model;

  @Label("Texts")
  int texts;

  @Label("Tokens")
  int tokens;

  @Label("Time in the queue")
  @Timespan(Timespan.NANOSECONDS)
  long queueTime;

  @Label("Time of its passes")
  @Timespan(Timespan.NANOSECONDS)
  long passTime;

  @Label("Failed")
  boolean failed;

  static void commit(String model, CallMetrics call) {
    CallEvent event = new CallEvent();
    if (event.shouldCommit()) {
      event.model = model;
      event.texts = call.texts();
      event.tokens = call.tokens();
      event.queueTime = call.queueNanos();
      event.passTime = call.nanos();
      event.failed = call.failed();
      event.commit();
    }
  }
}
