// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

/** Turns one word, a stretch of a text, into tokens. Immutable for its callers. */
interface WordModel {
  /** Appends the tokens of {@code text[from, to)}, which is never empty. */
  void encode(String text, int from, int to, IntList out);

  /** Writes the word in the {@link ByteAlphabet} first. */
  record ByteLevel(WordModel model) implements WordModel {
    @Override
    public void encode(String text, int from, int to, IntList out) {
      String bytes = ByteAlphabet.encode(text.substring(from, to));
      model.encode(bytes, 0, bytes.length(), out);
    }
  }
}
