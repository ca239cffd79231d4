// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

/** A line of progress for a person at a terminal, once the work has taken two seconds. */
final class Ticker implements AutoCloseable {
  private static final long PATIENCE = 2_000_000_000L;
  private static final long TICK = 500_000_000L;

  private final Shell shell;
  private final long start = System.nanoTime();
  private long last;
  private boolean shown;

  Ticker(Shell shell) {
    this.shell = shell;
  }

  /** Shows what is done so far, if it is time. */
  void show(String what) {
    long now = System.nanoTime() - start;
    if (!shell.terminals().err() || now < PATIENCE || now - last < TICK) {
      return;
    }
    last = now;
    shown = true;
    shell.err().print("\r\u001b[K" + what + " … " + now / 1_000_000_000 + " s");
  }

  @Override
  public void close() {
    if (shown) {
      shell.err().print("\r\u001b[K");
    }
  }
}
