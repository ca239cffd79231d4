// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;

/** One request on its way: the driver writes, the caller reads. */
final class Job implements Generation {
  /** Stands in the queue of pieces behind the last one. */
  private static final String END = new String("end");

  final int[] prompt;
  final Request request;
  final Sampling sampling;

  /** Whether a text stands before the answer that it continues. */
  final boolean continuing;

  final long queuedAt = System.nanoTime();
  private final LinkedBlockingQueue<String> pieces = new LinkedBlockingQueue<>();
  private final CompletableFuture<Answer> answer = new CompletableFuture<>();
  private volatile boolean cancelled;
  private boolean ended;

  Job(int[] prompt, Request request, Sampling sampling, boolean continuing) {
    this.prompt = prompt;
    this.request = request;
    this.sampling = sampling;
    this.continuing = continuing;
  }

  boolean cancelled() {
    return cancelled;
  }

  void emit(String piece) {
    if (!piece.isEmpty()) {
      pieces.add(piece);
    }
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
    if (ended) {
      return null;
    }
    try {
      String piece = pieces.take();
      if (piece != END) { // the very object
        return piece;
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
