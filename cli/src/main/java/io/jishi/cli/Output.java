// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * A stream of text in UTF-8, whatever the locale. What is printed is written at once; unlike a
 * {@code PrintStream} it says when nobody reads any more.
 */
final class Output {
  private final String name;
  private final OutputStream stream;

  /**
   * Wraps a stream.
   *
   * @param name for error messages
   * @param stream should not buffer, or flush be cheap
   */
  Output(String name, OutputStream stream) {
    this.name = name;
    this.stream = stream;
  }

  /**
   * Writes the text and flushes.
   *
   * @throws Failed where the other side is gone or the disk is full
   */
  void print(String text) {
    try {
      stream.write(text.getBytes(StandardCharsets.UTF_8));
      stream.flush();
    } catch (IOException e) {
      throw new Failed(name, e);
    }
  }

  /** Writes the text and a line feed, on any system. */
  void println(String text) {
    print(text + "\n");
  }

  /** A writer to the same stream, for libraries; it swallows errors. */
  PrintWriter writer() {
    return new PrintWriter(stream, true, StandardCharsets.UTF_8);
  }

  /** Writing failed. */
  static final class Failed extends UncheckedIOException {
    private static final long serialVersionUID = 1L;

    private Failed(String name, IOException cause) {
      super(name + ": " + cause.getMessage(), cause);
    }

    /** Whether the reader went away, as {@code head} does: no error of ours. */
    boolean brokenPipe() {
      String why = String.valueOf(getCause().getMessage());
      return why.contains("Broken pipe") || why.contains("pipe is being closed");
    }
  }
}
