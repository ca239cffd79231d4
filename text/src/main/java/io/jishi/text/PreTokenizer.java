// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.util.List;

/** Cuts a text into words; no token ever crosses the border of a word. */
interface PreTokenizer {
  /** Takes words, with whether a word begins the whole text. */
  interface Sink {
    /** Takes one word, never empty. */
    void accept(String word, boolean first);
  }

  /** GPT-2 (Radford et al. 2019), as its published code has it. */
  String GPT2_WORDS =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  /** Gives the words of the text in order; each may be written in another alphabet. */
  void split(String text, boolean first, Sink out);

  /** The text itself as one word. */
  PreTokenizer WHOLE = (text, first, out) -> out.accept(text, first);

  /** One step after another, each on the words of the one before. */
  static PreTokenizer sequence(List<PreTokenizer> steps) {
    PreTokenizer result = WHOLE;
    for (PreTokenizer step : steps.reversed()) {
      PreTokenizer rest = result;
      result =
          rest == WHOLE
              ? step
              : (text, first, out) ->
                  step.split(text, first, (word, begins) -> rest.split(word, begins, out));
    }
    return result;
  }

  /** Writes words in the {@link ByteAlphabet}, after a space is put before where none stands. */
  static PreTokenizer byteLevel(boolean prefixSpace) {
    return (text, first, out) -> {
      boolean add = prefixSpace && !text.startsWith(" ");
      out.accept(ByteAlphabet.encode(add ? " " + text : text), first);
    };
  }

  /** Puts a space before where none stands. */
  static PreTokenizer prefixSpace() {
    return (text, first, out) -> out.accept(text.startsWith(" ") ? text : " " + text, first);
  }
}
