// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.util.function.IntPredicate;

/**
 * Makes runs of some characters words, and what lies between too: {@code \p{N}{1,3}} and its like.
 *
 * @param most characters in one word
 */
record RunSplitter(IntPredicate member, int most) implements PreTokenizer {
  /** {@code \p{N}}, at most so many in a word. */
  static RunSplitter numbers(int most) {
    return new RunSplitter(c -> (CharClass.of(c) & CharClass.NUMBER) != 0, most);
  }

  /** Chinese and Japanese as DeepSeek lists them. */
  static RunSplitter kanjiAndKana() {
    return new RunSplitter(c -> c >= 0x3040 && c <= 0x30FF || c >= 0x4E00 && c <= 0x9FA5, 1 << 30);
  }

  @Override
  public void split(String text, int from, int to, boolean first, Sink out) {
    int start = from;
    boolean inside = false;
    int count = 0;
    for (int at = from; at < to; ) {
      int c = WordRule.codePoint(text, at, to);
      boolean member = this.member.test(c);
      if (at > start && (member != inside || inside && count == most)) {
        out.accept(text, start, at, first && start == from);
        start = at;
        count = 0;
      }
      inside = member;
      count++;
      at += Character.charCount(c);
    }
    out.accept(text, start, to, first && start == from);
  }
}
