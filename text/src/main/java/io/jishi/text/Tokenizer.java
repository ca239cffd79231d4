// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/**
 * Text to token ids and back. Safe for use by several threads.
 *
 * <p>Half a surrogate pair in a text counts as U+FFFD. An id outside {@code 0 … vocabSize() - 1} is
 * a {@link io.jishi.base.JishiException.BadRequest}, and so is a text on which the word rule of the
 * file takes too many steps.
 */
public interface Tokenizer {

  /** Whether control tokens that are written out in a text are read as such. */
  enum Special {
    /**
     * {@code "<|im_end|>"} is ten characters of text: what a user typed. Tokens that the file adds
     * but does not call special or control are found all the same. No control token comes out,
     * except the one for characters that a vocabulary does not know.
     */
    TEXT,
    /** {@code "<|im_end|>"} is the control token: what a template wrote. */
    PARSE
  }

  /** Number of ids, special tokens included; ids are {@code 0 … vocabSize() - 1}. */
  int vocabSize();

  /** Token ids of the text, without the tokens that frame a sequence (see {@link #frame}). */
  int[] encode(String text, Special special);

  /**
   * The sequence with the begin and end tokens that the model expects, unless already there. A
   * sequence that has its begin token gets no second one.
   */
  int[] frame(int[] tokens);

  /**
   * The text of the tokens. Control tokens give no text. Invalid UTF-8 becomes U+FFFD: one for each
   * byte in vocabularies of SentencePiece, one for each broken-off character in byte-level ones, as
   * in their reference libraries.
   */
  String decode(int[] tokens);

  /**
   * A decoder for tokens that come one by one; its pieces joined equal {@link #decode}.
   *
   * @param continuing whether a text stands before: if not, the space that some vocabularies put
   *     before the first word is dropped
   */
  StreamDecoder streamDecoder(boolean continuing);

  /**
   * The bytes that the token adds to a text, none for a control token. A vocabulary whose tokens
   * may end within a character has to say them itself.
   */
  default byte[] bytes(int token) {
    StreamDecoder decoder = streamDecoder(true);
    return (decoder.append(token) + decoder.finish()).getBytes(StandardCharsets.UTF_8);
  }

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
