// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.text.StreamDecoder;
import io.jishi.text.Tokenizer;
import java.util.OptionalInt;

/** Stands in where a model comes without a tokenizer: token ids work, text is refused. */
record NoTokenizer(String source, int vocabSize) implements Tokenizer {

  @Override
  public int[] encode(String text, Special special) {
    throw new JishiException.Unsupported(
        source + ": there is no tokenizer beside the weights, so only token ids can be used");
  }

  @Override
  public int[] frame(int[] tokens) {
    return tokens;
  }

  @Override
  public String decode(int[] tokens) {
    return "";
  }

  @Override
  public StreamDecoder streamDecoder(boolean continuing) {
    return new StreamDecoder() {
      @Override
      public String append(int token) {
        return "";
      }

      @Override
      public String finish() {
        return "";
      }
    };
  }

  @Override
  public String piece(int token) {
    return "<" + token + ">";
  }

  @Override
  public OptionalInt token(String piece) {
    return OptionalInt.empty();
  }

  @Override
  public boolean isControl(int token) {
    return false;
  }

  @Override
  public OptionalInt bos() {
    return OptionalInt.empty();
  }

  @Override
  public OptionalInt eos() {
    return OptionalInt.empty();
  }

  @Override
  public boolean addsBos() {
    return false;
  }

  @Override
  public String kind() {
    return "none";
  }
}
