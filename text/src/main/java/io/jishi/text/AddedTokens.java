// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds tokens that are matched as a whole before anything else: leftmost, then longest. */
final class AddedTokens {
  /**
   * One token to find.
   *
   * @param stripLeft whether white space before it belongs to it
   * @param stripRight whether white space after it belongs to it
   * @param singleWord whether it counts only where no word character touches it
   */
  record Entry(int id, String text, boolean stripLeft, boolean stripRight, boolean singleWord) {
    /** A token without conditions. */
    Entry(int id, String text) {
      this(id, text, false, false, false);
    }
  }

  /** A token found at {@code start … end - 1}. */
  record Match(int id, int start, int end) {}

  private static final int ROOT = 0;

  /** The edges of a trie: (node, UTF-16 unit) to node; node numbers fit their table. */
  private final PairTable edges;

  private final Map<Integer, Entry> ends = new HashMap<>();
  private final BitSet firsts = new BitSet();

  AddedTokens(List<Entry> entries) {
    edges = new PairTable(entries.size() * 8);
    for (Entry entry : entries) {
      if (!entry.text().isEmpty()) {
        insert(entry);
      }
    }
  }

  boolean isEmpty() {
    return ends.isEmpty();
  }

  private void insert(Entry entry) {
    String text = entry.text();
    firsts.set(text.charAt(0));
    int node = ROOT;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      edges.putIfAbsent(node, c, 0, edges.size() + 1);
      node = edges.result(edges.find(node, c));
    }
    ends.putIfAbsent(node, entry);
  }

  /** The first match at or after {@code from}, or null. */
  Match next(String text, int from) {
    for (int start = from; start < text.length(); start++) {
      if (!firsts.get(text.charAt(start))) {
        continue;
      }
      Entry found = longest(text, start);
      if (found == null) {
        continue;
      }
      int end = start + found.text().length();
      if (found.singleWord() && (endsWord(text, start) || startsWord(text, end))) {
        start = end - 1; // as in the reference library: nothing inside is looked at again
        continue;
      }
      return widen(found, text, from, start, end);
    }
    return null;
  }

  /** UTF-16 units of the longest entry that begins at this place, 0 where none does. */
  int lengthAt(String text, int at) {
    if (!firsts.get(text.charAt(at))) {
      return 0;
    }
    Entry found = longest(text, at);
    return found == null ? 0 : found.text().length();
  }

  private Entry longest(String text, int start) {
    Entry found = null;
    int node = ROOT;
    for (int i = start; i < text.length(); i++) {
      int edge = edges.find(node, text.charAt(i));
      if (edge < 0) {
        break;
      }
      node = edges.result(edge);
      found = ends.getOrDefault(node, found);
    }
    return found;
  }

  private static Match widen(Entry found, String text, int from, int start, int end) {
    int left = start;
    while (found.stripLeft() && left > from && isSpace(text.charAt(left - 1))) {
      left--;
    }
    int right = end;
    while (found.stripRight() && right < text.length() && isSpace(text.charAt(right))) {
      right++;
    }
    return new Match(found.id(), left, right);
  }

  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }

  private static boolean endsWord(String text, int at) {
    return at > 0 && isWord(text.codePointBefore(at));
  }

  private static boolean startsWord(String text, int at) {
    return at < text.length() && isWord(text.codePointAt(at));
  }

  private static boolean isWord(int c) {
    int type = Character.getType(c);
    return Character.isAlphabetic(c)
        || Character.isDigit(c)
        || type == Character.CONNECTOR_PUNCTUATION
        || type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK
        || type == Character.ENCLOSING_MARK;
  }
}
