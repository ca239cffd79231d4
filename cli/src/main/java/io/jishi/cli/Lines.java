// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Where the lines of a conversation come from. */
interface Lines extends AutoCloseable {

  /** The next line; null at the end. */
  String next();

  /** Calls the action on Ctrl-C outside of {@link #next}, where the source can. */
  void onInterrupt(Runnable action);

  @Override
  void close();

  /** Lines of standard input: a pipe or a file. */
  static Lines of(Shell shell) {
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(shell.in(), StandardCharsets.UTF_8));
    return new Lines() {
      @Override
      public String next() {
        try {
          return reader.readLine();
        } catch (IOException e) {
          throw new UncheckedIOException("standard input cannot be read: " + e.getMessage(), e);
        }
      }

      @Override
      public void onInterrupt(Runnable action) {
        // Ctrl-C ends a program that nobody sits at.
      }

      @Override
      public void close() {
        // Standard input is not ours to close.
      }
    };
  }
}
