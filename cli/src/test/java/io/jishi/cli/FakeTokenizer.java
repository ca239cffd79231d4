// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.text.StreamDecoder;
import io.jishi.text.Tokenizer;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** One id a UTF-16 unit; id 1 begins a sequence; {@code <s>} is its control token. */
final class FakeTokenizer implements Tokenizer {
  static final int VOCABULARY = 0x1_0000;

  @Override
  public int vocabSize() {
    return VOCABULARY;
  }

  @Override
  public int[] encode(String text, Special special) {
    return (special == Special.PARSE ? text.replace("<s>", "\1") : text).chars().toArray();
  }

  @Override
  public int[] frame(int[] tokens) {
    return IntStream.concat(IntStream.of(1), IntStream.of(tokens)).toArray();
  }

  @Override
  public String decode(int[] tokens) {
    StringBuilder text = new StringBuilder();
    for (int token : tokens) {
      text.append((char) token);
    }
    return text.toString();
  }

  @Override
  public StreamDecoder streamDecoder(boolean continuing) {
    throw new UnsupportedOperationException();
  }

  @Override
  public String piece(int token) {
    return token == 1 ? "<s>" : Character.toString(token);
  }

  @Override
  public OptionalInt token(String piece) {
    return OptionalInt.empty();
  }

  @Override
  public boolean isControl(int token) {
    return token == 1;
  }

  @Override
  public OptionalInt bos() {
    return OptionalInt.of(1);
  }

  @Override
  public OptionalInt eos() {
    return OptionalInt.empty();
  }

  @Override
  public boolean addsBos() {
    return true;
  }

  @Override
  public String kind() {
    return "fake";
  }
}
