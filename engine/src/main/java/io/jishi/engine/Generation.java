// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import java.util.function.Consumer;

/**
 * A generation under way: read its text as it comes, or wait for its end. One thread reads; any
 * thread may cancel. Closing before the end cancels.
 */
public interface Generation extends AutoCloseable {

  /**
   * The next piece of text, never half a character, never part of a stop text; waits for it.
   *
   * @return null at the end
   * @throws io.jishi.base.JishiException.Cancelled where the waiting thread was interrupted (the
   *     generation is cancelled, the thread's interrupt flag stays set)
   */
  String next();

  /**
   * The next piece of a part, where the request asked for parts (else all is text); waits for it. A
   * tool call comes whole. Use either this or {@link #next}, which passes over what is not text.
   *
   * @return null at the end
   */
  default Part nextPart() {
    String piece = next();
    return piece == null ? null : new Part.Text(piece);
  }

  /** Waits for the end; see {@link #next()} for interruption. */
  Answer result();

  /** Ends the generation soon; what was generated stays readable, with the finish CANCELLED. */
  void cancel();

  /** Cancels where it has not ended. */
  @Override
  default void close() {
    cancel();
  }

  /** Hands on each piece as it comes; a consumer that throws cancels the generation. */
  default Answer forEach(Consumer<String> consumer) {
    try (this) {
      for (String piece = next(); piece != null; piece = next()) {
        consumer.accept(piece);
      }
      return result();
    }
  }
}
