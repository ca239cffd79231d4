// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.helidon.common.buffers.DataReader;
import io.helidon.webserver.CloseConnectionException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Reads a connection ahead while its call is answered: a client that is waiting sends nothing, so
 * what comes is the end of the connection, and then nobody wants the answer. Whatever else was read
 * is kept for the next request, and the watch is over.
 *
 * <p>A client that closes only its sending half counts as gone.
 */
final class ClientWatch implements Supplier<byte[]> {
  private static final Executor VIRTUAL =
      task -> Thread.ofVirtual().name("client-watch").start(task);

  /** A connection's handlers all run on the connection's own thread. */
  private static final ThreadLocal<ClientWatch> CURRENT = new ThreadLocal<>();

  private final DataReader source;
  private CompletableFuture<byte[]> ahead; // a read under way, or what it gave; else null
  private volatile boolean gone;
  private boolean last;

  private ClientWatch(DataReader source) {
    this.source = source;
  }

  /** A watch over the connection of this thread, which has to read through it from now on. */
  static ClientWatch of(DataReader source) {
    ClientWatch watch = new ClientWatch(source);
    CURRENT.set(watch);
    return watch;
  }

  /** The watch over this thread's connection. */
  static ClientWatch current() {
    return CURRENT.get();
  }

  /** The next bytes, or null at the end; for the connection's thread alone. */
  @Override
  public byte[] get() {
    if (last) {
      return null;
    }
    if (ahead == null) {
      return read();
    }
    CompletableFuture<byte[]> pending = ahead;
    ahead = null;
    try {
      return pending.get();
    } catch (InterruptedException e) { // how the web server ends idle connections
      Thread.currentThread().interrupt();
      throw new CloseConnectionException("interrupted while waiting for a request", e);
    } catch (ExecutionException e) {
      throw new CloseConnectionException("the connection broke", e.getCause());
    }
  }

  /** Starts to watch; {@code vanished} runs on another thread, at once where it is already so. */
  void watch(Runnable vanished) {
    if (ahead == null) {
      ahead = CompletableFuture.supplyAsync(this::read, VIRTUAL);
    }
    ahead.whenComplete(
        (bytes, _) -> {
          if (bytes == null) {
            gone = true;
            vanished.run();
          }
        });
  }

  /** No further request is read: the connection ends after the one that is being answered. */
  void last() {
    last = true;
  }

  /** Whether the client is known to be gone. */
  boolean gone() {
    return gone;
  }

  private byte[] read() {
    try {
      source.ensureAvailable();
      return source.readBytes(source.available());
    } catch (DataReader.InsufficientDataAvailableException e) {
      return null;
    }
  }
}
