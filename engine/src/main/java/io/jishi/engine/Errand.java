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
  private final Parts<T> what;
  private final CompletableFuture<T> result = new CompletableFuture<>();
  private volatile boolean abandoned;

  /**
   * What is done part by part.
   *
   * @param <T> its result
   */
  interface Parts<T> extends AutoCloseable {
    /**
     * Does the next part.
     *
     * @return null where there is more to do, else the result
     */
    T next();

    /** Gives back memory, once, whether it came to its end or not. */
    @Override
    default void close() {}
  }

  Errand(Parts<T> what) {
    this.what = what;
  }

  /** What is done at once. */
  static <T> Errand<T> of(Supplier<T> what) {
    return new Errand<>(what::get);
  }

  @Override
  public boolean run() {
    T done = null;
    try {
      if (!abandoned) {
        done = what.next();
        if (done == null) {
          return true;
        }
      }
      end(done, null);
    } catch (Throwable t) { // carried to the caller; the engine goes on
      end(null, Runner.failure(t));
    }
    return false;
  }

  private void end(T done, RuntimeException failure) {
    what.close();
    if (failure == null) {
      result.complete(done);
    } else {
      result.completeExceptionally(failure);
    }
  }

  @Override
  public void refuse(JishiException.Closed why) {
    end(null, why);
  }

  /** Waits for the result. */
  T await() {
    try {
      return result.get();
    } catch (InterruptedException e) {
      abandoned = true;
      Thread.currentThread().interrupt();
      throw new JishiException.Cancelled("the waiting thread was interrupted");
    } catch (ExecutionException e) {
      throw (RuntimeException) e.getCause(); // failure() makes nothing else
    }
  }
}
