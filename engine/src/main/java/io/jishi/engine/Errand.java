// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/**
 * One thing to be done on the driver's thread for a caller who waits.
 *
 * @param <T> its result
 */
final class Errand<T> implements Driver.Work {
  private final Supplier<T> what;
  private final CompletableFuture<T> result = new CompletableFuture<>();

  Errand(Supplier<T> what) {
    this.what = what;
  }

  @Override
  public void run() {
    try {
      result.complete(what.get());
    } catch (Throwable t) { // carried to the caller; the engine goes on
      result.completeExceptionally(Runner.failure(t));
    }
  }

  @Override
  public void refuse(JishiException.Closed why) {
    result.completeExceptionally(why);
  }

  /** Waits for the result. */
  T await() {
    try {
      return result.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JishiException.Cancelled("the waiting thread was interrupted");
    } catch (ExecutionException e) {
      throw (RuntimeException) e.getCause(); // failure() makes nothing else
    }
  }
}
