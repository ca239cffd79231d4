// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A request that has ended, for Java Flight Recorder. */
@Name("jishi.Request")
@Label("Request")
@Category("Jishi")
@Description("A request that has ended")
@StackTrace(false)
final class RequestEvent extends Event {
  @Label("Prompt tokens")
  int promptTokens;

  @Label("Cached tokens")
  int cachedTokens;

  @Label("Generated tokens")
  int generatedTokens;

  @Label("Guesses")
  @Description("Tokens that were guessed and computed ahead")
  long guesses;

  @Label("Accepted guesses")
  long acceptedGuesses;

  @Label("Time in the queue")
  @Timespan(Timespan.NANOSECONDS)
  long queueTime;

  @Label("Time to first token")
  @Timespan(Timespan.NANOSECONDS)
  long firstTokenTime;

  @Label("Time per further token")
  @Timespan(Timespan.NANOSECONDS)
  long perTokenTime;

  @Label("Mean batch")
  double meanBatch;

  @Label("Finish")
  @Description("Why it ended; FAILED where it gave no answer")
  String finish;

  static void commit(RequestMetrics request) {
    RequestEvent event = new RequestEvent();
    if (event.shouldCommit()) {
      event.promptTokens = request.usage().promptTokens();
      event.cachedTokens = request.usage().cachedTokens();
      event.generatedTokens = request.usage().generatedTokens();
      event.guesses = request.usage().guesses().computed();
      event.acceptedGuesses = request.usage().guesses().accepted();
      event.queueTime = request.usage().queueNanos();
      event.firstTokenTime = request.firstTokenNanos();
      event.perTokenTime = request.perTokenNanos();
      event.meanBatch = request.meanBatch();
      event.finish = request.finish() == null ? "FAILED" : request.finish().name();
      event.commit();
    }
  }
}
