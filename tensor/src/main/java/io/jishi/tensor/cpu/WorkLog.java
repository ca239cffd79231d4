// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Work;

/**
 * Counts the arithmetic of operations by what did it. An operation is emitted code unless something
 * says {@link #inJava} between its start and its end: the fallbacks do ({@link Fallbacks}). For one
 * thread at a time.
 */
public final class WorkLog {
  private double emitted;
  private double java;
  private boolean inJava;

  /** An operation starts. */
  public void start() {
    inJava = false;
  }

  /** The operation that runs has gone to plain Java. */
  public void inJava() {
    inJava = true;
  }

  /** The operation is done; it took {@code operations}. */
  public void end(double operations) {
    if (inJava) {
      java += operations;
    } else {
      emitted += operations;
    }
  }

  /** All so far. */
  public Work read() {
    return new Work(emitted, java);
  }
}
