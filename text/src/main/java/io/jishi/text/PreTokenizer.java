// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.util.List;

/** Cuts a text into words; no token ever crosses the border of a word. */
interface PreTokenizer {
  /** Takes words: stretches of a text, with whether the word begins the whole text. */
  interface Sink {
    /** Takes the word {@code text[from, to)}, never empty. */
    void accept(String text, int from, int to, boolean first);
  }

  /** GPT-2 (Radford et al. 2019), as its published code has it. */
  String GPT2_WORDS =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  /**
   * Gives the words of {@code text[from, to)} in order; each may be written in another alphabet.
   */
  void split(String text, int from, int to, boolean first, Sink out);

  /** The text itself as one word. */
  PreTokenizer WHOLE = (text, from, to, first, out) -> out.accept(text, from, to, first);

  /** One step after another, each on the words of the one before. */
  static PreTokenizer sequence(List<PreTokenizer> steps) {
    PreTokenizer result = WHOLE;
    for (PreTokenizer step : steps.reversed()) {
      PreTokenizer rest = result;
      result =
          rest == WHOLE
              ? step
              : (text, from, to, first, out) ->
                  step.split(
                      text,
                      from,
                      to,
                      first,
                      (t, start, end, f) -> rest.split(t, start, end, f, out));
    }
    return result;
  }

  /**
   * Writes words in the {@link ByteAlphabet}.
   *
   * @param prefixSpace whether a space is put before where none stands
   */
  record ByteLevel(boolean prefixSpace) implements PreTokenizer {
    @Override
    public void split(String text, int from, int to, boolean first, Sink out) {
      String word = text.substring(from, to);
      boolean add = prefixSpace && !word.startsWith(" ");
      String bytes = ByteAlphabet.encode(add ? " " + word : word);
      out.accept(bytes, 0, bytes.length(), first);
    }
  }

  /** Puts a space before where none stands. */
  static PreTokenizer prefixSpace() {
    return (text, from, to, first, out) -> {
      if (text.charAt(from) == ' ') {
        out.accept(text, from, to, first);
      } else {
        out.accept(" " + text.substring(from, to), 0, to - from + 1, first);
      }
    };
  }
}
