// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

/**
 * The main word rule of DeepSeek-V3, in one pass: ASCII punctuation with the Latin letters after
 * it, letters and marks with one character before, signs, white space. Characters that it does not
 * name (numbers, control characters) stay together as what lies between.
 */
final class DeepSeekWords implements PreTokenizer {
  private static final int LETTERS = CharClass.LETTER | CharClass.MARK;

  @Override
  public void split(String text, int from, int to, boolean first, Sink out) {
    int start = from;
    for (int at = from; at < to; ) {
      int end = end(text, at, to);
      if (end < 0) {
        at += Character.charCount(WordRule.codePoint(text, at, to));
        continue;
      }
      if (start < at) {
        out.accept(text, start, at, first && start == from);
      }
      out.accept(text, at, end, first && at == from);
      at = end;
      start = end;
    }
    if (start < to) {
      out.accept(text, start, to, first && start == from);
    }
  }

  /** The end of the word that begins at {@code at}, or -1 where none does. */
  private static int end(String text, int at, int to) {
    int c = WordRule.codePoint(text, at, to);
    int type = CharClass.of(c);
    int next = at + Character.charCount(c);
    boolean ascii = c < 0x80 && (type & CharClass.SIGN) != 0;
    if (ascii && next < to && isLatin(text.charAt(next))) {
      int end = next;
      while (end < to && isLatin(text.charAt(end))) {
        end++;
      }
      return end;
    }
    if (!CharClass.isNewline(c) && (type & (CharClass.LETTER | CharClass.SIGN)) == 0) {
      int end = run(text, next, to, LETTERS);
      if (end > next) {
        return end;
      }
    }
    int word = run(text, at, to, LETTERS);
    if (word > at) {
      return word;
    }
    int start = c == ' ' ? next : at;
    int end = run(text, start, to, CharClass.SIGN);
    if (end > start) {
      while (end < to && CharClass.isNewline(text.charAt(end))) {
        end++;
      }
      return end;
    }
    return (type & CharClass.SPACE) == 0 ? -1 : spaces(text, at, to);
  }

  private static int spaces(String text, int at, int to) {
    int end = at;
    int line = at;
    while (end < to && CharClass.isWhiteSpace(text.charAt(end))) {
      end++;
      line = CharClass.isNewline(text.charAt(end - 1)) ? end : line;
    }
    if (line > at) {
      return line;
    }
    return end < to && end - at > 1 ? end - 1 : end;
  }

  private static boolean isLatin(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }

  private static int run(String text, int at, int to, int mask) {
    int end = at;
    while (end < to) {
      int c = WordRule.codePoint(text, end, to);
      if ((CharClass.of(c) & mask) == 0) {
        break;
      }
      end += Character.charCount(c);
    }
    return end;
  }
}
