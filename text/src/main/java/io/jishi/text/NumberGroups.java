// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

/**
 * Cuts runs of decimal digits into threes from the right, so that "1234" is "1", "234": words of
 * their own, and what lies between too.
 *
 * @param whole whether only runs that end before no letter, mark or underscore are cut
 */
record NumberGroups(boolean whole) implements PreTokenizer {
  private static final int GROUP = 3;

  @Override
  public void split(String text, int from, int to, boolean first, Sink out) {
    int start = from;
    for (int at = from; at < to; ) {
      int end = runEnd(text, at, to);
      if (end == at || whole && end < to && isWord(WordRule.codePoint(text, end, to))) {
        at = end > at ? end : at + Character.charCount(WordRule.codePoint(text, at, to));
        continue;
      }
      if (start < at) {
        out.accept(text, start, at, first && start == from);
      }
      groups(text, at, end, first && at == from, out);
      at = end;
      start = end;
    }
    if (start < to) {
      out.accept(text, start, to, first && start == from);
    }
  }

  private static void groups(String text, int from, int end, boolean first, Sink out) {
    int left = text.codePointCount(from, end);
    for (int at = from; at < end; ) {
      int size = left % GROUP == 0 ? GROUP : left % GROUP;
      int next = text.offsetByCodePoints(at, size);
      out.accept(text, at, next, first && at == from);
      left -= size;
      at = next;
    }
  }

  private static int runEnd(String text, int at, int to) {
    int end = at;
    while (end < to) {
      int c = WordRule.codePoint(text, end, to);
      if (!Character.isDigit(c)) {
        break;
      }
      end += Character.charCount(c);
    }
    return end;
  }

  private static boolean isWord(int c) {
    return c == '_' || (CharClass.of(c) & (CharClass.LETTER | CharClass.MARK)) != 0;
  }
}
