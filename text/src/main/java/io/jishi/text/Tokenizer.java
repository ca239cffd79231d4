// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.util.OptionalInt;

/** Text to token ids and back. Safe for use by several threads. */
public interface Tokenizer {

  /** Whether control tokens that are written out in a text are read as such. */
  enum Special {
    /** {@code "<|im_end|>"} is ten characters of text: what a user typed. */
    TEXT,
    /** {@code "<|im_end|>"} is the control token: what a template wrote. */
    PARSE
  }

  /** Number of ids, special tokens included; ids are {@code 0 … vocabSize() - 1}. */
  int vocabSize();

  /** Token ids of the text, without the tokens that frame a sequence (see {@link #frame}). */
  int[] encode(String text, Special special);

  /** The sequence with the begin and end tokens that the model expects, unless already there. */
  int[] frame(int[] tokens);

  /** The text of the tokens; invalid UTF-8 becomes U+FFFD. Control tokens give no text. */
  String decode(int[] tokens);

  /**
   * A decoder for tokens that come one by one; its pieces joined equal {@link #decode}.
   *
   * @param continuing whether a text stands before: if not, the space that some vocabularies put
   *     before the first word is dropped
   */
  StreamDecoder streamDecoder(boolean continuing);

  /** The token as the vocabulary writes it, for display and for templates. */
  String piece(int token);

  /** The token that is written exactly so in the vocabulary, control tokens included. */
  OptionalInt token(String piece);

  /** Whether the token is a control token: it gives no text. */
  boolean isControl(int token);

  /** The begin-of-sequence token, if the model has one. */
  OptionalInt bos();

  /** The end-of-sequence token that the tokenizer names, if any. */
  OptionalInt eos();

  /** Whether {@link #frame} puts {@link #bos()} in front. */
  boolean addsBos();

  /** What kind of tokenizer this is, for display, for example {@code "SentencePiece BPE"}. */
  String kind();
}
