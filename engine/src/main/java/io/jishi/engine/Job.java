// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;

/** One request on its way: the driver writes, the caller reads. */
final class Job implements Generation {
  /** Stands in the queue of pieces behind the last one. */
  private static final Part END = new Part.Text("end");

  final int[] prompt;
  final Request request;
  final TokenStream stream;
  final long queuedAt = System.nanoTime();
  private final LinkedBlockingQueue<Part> pieces = new LinkedBlockingQueue<>();
  private final CompletableFuture<Answer> answer = new CompletableFuture<>();
  private volatile boolean cancelled;
  private boolean ended;

  Job(TokenStream.Setup setup) {
    this.prompt = setup.prompt();
    this.request = setup.request();
    this.stream = new TokenStream(setup, pieces::add);
  }

  boolean cancelled() {
    return cancelled;
  }

  void complete(Answer result) {
    answer.complete(result);
    pieces.add(END);
  }

  void fail(RuntimeException error) {
    answer.completeExceptionally(error);
    pieces.add(END);
  }

  @Override
  public String next() {
    for (Part part = nextPart(); part != null; part = nextPart()) {
      if (part instanceof Part.Text text) {
        return text.text();
      }
    }
    return null;
  }

  @Override
  public Part nextPart() {
    if (ended) {
      return null;
    }
    try {
      Part part = pieces.take();
      if (part != END) { // the very object
        return part;
      }
    } catch (InterruptedException e) {
      throw interrupted();
    }
    ended = true;
    result(); // carries a failure to the reader
    return null;
  }

  @Override
  public Answer result() {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      throw interrupted();
    } catch (ExecutionException e) {
      throw (RuntimeException) e.getCause(); // fail() takes nothing else
    }
  }

  @Override
  public void cancel() {
    cancelled = true;
  }

  private JishiException interrupted() {
    cancel();
    Thread.currentThread().interrupt();
    return new JishiException.Cancelled("the waiting thread was interrupted");
  }
}
