// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.StreamDecoder;
import io.jishi.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A token per UTF-16 unit, tokens for some longer pieces that are not control (the longest match
 * wins), and control tokens. May put a blank before text as SentencePiece does.
 */
final class FakeTokenizer implements Tokenizer {
  /** Where a blank is put before text. */
  enum Blank {
    NOWHERE,
    AT_THE_START,
    AFTER_CONTROL_TOO
  }

  private static final int PIECES = 0x10000;

  private final List<String> pieces;
  private final List<String> controls;
  private final Blank blank;

  FakeTokenizer(List<String> pieces, List<String> controls, Blank blank) {
    this.pieces = pieces;
    this.controls = controls;
    this.blank = blank;
  }

  @Override
  public int vocabSize() {
    return PIECES + pieces.size() + controls.size();
  }

  @Override
  public int[] encode(String text, Special special) {
    IntStream.Builder tokens = IntStream.builder();
    boolean fresh = blank != Blank.NOWHERE;
    int begin = 0;
    for (int at = 0; at <= text.length(); at++) {
      String control = special == Special.PARSE ? longest(controls, text, at) : "";
      if (control.isEmpty() && at < text.length()) {
        continue;
      }
      addText(tokens, text.substring(begin, at), fresh);
      if (!control.isEmpty()) {
        tokens.add(PIECES + pieces.size() + controls.indexOf(control));
        at += control.length() - 1;
        fresh = blank == Blank.AFTER_CONTROL_TOO;
      }
      begin = at + 1;
    }
    return tokens.build().toArray();
  }

  private void addText(IntStream.Builder tokens, String text, boolean fresh) {
    if (fresh && !text.isEmpty()) {
      tokens.add('_');
    }
    int at = 0;
    while (at < text.length()) {
      String piece = longest(pieces, text, at);
      tokens.add(piece.isEmpty() ? text.charAt(at) : PIECES + pieces.indexOf(piece));
      at += Math.max(1, piece.length());
    }
  }

  private static String longest(List<String> pieces, String text, int at) {
    int begin = at;
    return pieces.stream()
        .filter(piece -> text.startsWith(piece, begin))
        .max((a, b) -> a.length() - b.length())
        .orElse("");
  }

  @Override
  public int[] frame(int[] tokens) {
    int bos = bos().orElseThrow();
    if (tokens.length > 0 && tokens[0] == bos) {
      return tokens;
    }
    return IntStream.concat(IntStream.of(bos), Arrays.stream(tokens)).toArray();
  }

  @Override
  public String piece(int token) {
    return token < PIECES
        ? String.valueOf((char) token)
        : token < PIECES + pieces.size()
            ? pieces.get(token - PIECES)
            : controls.get(token - PIECES - pieces.size());
  }

  /** The tokens as text, control tokens in brackets, with bars between. */
  String shown(int[] tokens) {
    List<String> shown = new ArrayList<>();
    for (int token : tokens) {
      shown.add(isControl(token) ? "[" + piece(token) + "]" : piece(token));
    }
    return String.join("·", shown);
  }

  @Override
  public OptionalInt token(String piece) {
    int index = controls.indexOf(piece);
    return index < 0 ? OptionalInt.empty() : OptionalInt.of(PIECES + pieces.size() + index);
  }

  @Override
  public boolean isControl(int token) {
    return token >= PIECES + pieces.size();
  }

  @Override
  public OptionalInt bos() {
    return token("<s>");
  }

  @Override
  public OptionalInt eos() {
    return token("</s>");
  }

  @Override
  public boolean addsBos() {
    return true;
  }

  @Override
  public String kind() {
    return "fake";
  }

  @Override
  public String decode(int[] tokens) {
    throw new UnsupportedOperationException();
  }

  @Override
  public StreamDecoder streamDecoder(boolean continuing) {
    throw new UnsupportedOperationException();
  }
}
