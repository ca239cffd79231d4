// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

/** Turns tokens into text as they come; never gives half a character. For one thread. */
public interface StreamDecoder {

  /** The text that is complete with this token; empty while a character is unfinished. */
  String append(int token);

  /** What is left at the end; an unfinished character becomes U+FFFD. */
  String finish();
}
