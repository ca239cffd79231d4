// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.Tokenizer;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * The control tokens of a vocabulary as text: where they stand in a text, and text in which none
 * can stand.
 */
final class ControlTokens {
  private static final char MARK = Strings.MARK;

  private final Set<String> tokens = new HashSet<>();

  /** In order, to find a token by its beginning. */
  private final TreeSet<String> sorted = new TreeSet<>();

  /** The tokens backwards, to find a token by its end. */
  private final TreeSet<String> reversed = new TreeSet<>();

  /** Lengths of tokens, longest first. */
  private final TreeSet<Integer> lengths = new TreeSet<>(Comparator.reverseOrder());

  private final BitSet firstChars = new BitSet();

  ControlTokens(Tokenizer tokenizer) {
    for (int id = 0; id < tokenizer.vocabSize(); id++) {
      String piece = tokenizer.isControl(id) ? tokenizer.piece(id) : "";
      if (!piece.isEmpty() && tokens.add(piece)) {
        sorted.add(piece);
        reversed.add(new StringBuilder(piece).reverse().toString());
        lengths.add(piece.length());
        firstChars.set(piece.charAt(0));
      }
    }
  }

  /** The length of the longest control token that stands at an index, or 0. */
  int lengthAt(String text, int index) {
    if (!firstChars.get(text.charAt(index))) {
      return 0;
    }
    for (int length : lengths) {
      int end = index + length;
      if (end <= text.length() && tokens.contains(text.substring(index, end))) {
        // A token of one character cannot be broken up: a mark behind it makes it text.
        boolean single = Character.charCount(text.codePointAt(index)) == length;
        boolean marked = end < text.length() && text.charAt(end) == MARK;
        return single && marked ? 0 : length;
      }
    }
    return 0;
  }

  /**
   * The text with an invisible mark inside each control token, and wherever a control token could
   * come to stand across the text's beginning or end once a template joins it to other text. Marks
   * that were there before are dropped.
   */
  String marked(String text) {
    String clean = text.indexOf(MARK) < 0 ? text : text.replace(String.valueOf(MARK), "");
    StringBuilder out = new StringBuilder();
    // Templates make tokens from words such as roles ('<|' + role + '|>'): words are no risk.
    boolean word = isWord(clean);
    int copied = 0;
    if (!word && beginsWithEndOfToken(clean)) {
      out.append(MARK);
    }
    for (int i = 0; i < clean.length(); i++) {
      if (lengthAt(clean, i) > 0 || (!word && endsWithBeginningOfToken(clean, i))) {
        int after = clean.offsetByCodePoints(i, 1);
        out.append(clean, copied, after).append(MARK);
        copied = after;
        i = after - 1;
      }
    }
    return copied == 0 && out.isEmpty() ? clean : out.append(clean.substring(copied)).toString();
  }

  private static boolean isWord(String text) {
    return text.codePoints().allMatch(c -> c == '_' || Character.isLetterOrDigit(c));
  }

  private boolean endsWithBeginningOfToken(String text, int from) {
    if (!firstChars.get(text.charAt(from)) || text.length() - from >= longest()) {
      return false;
    }
    return isBeginning(text.substring(from), sorted);
  }

  private boolean beginsWithEndOfToken(String text) {
    StringBuilder beginning = new StringBuilder();
    for (int i = 0; i < Math.min(text.length(), longest() - 1); i++) {
      beginning.insert(0, text.charAt(i));
      if (isBeginning(beginning.toString(), reversed)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isBeginning(String text, TreeSet<String> words) {
    String next = words.higher(text);
    return next != null && next.startsWith(text);
  }

  private int longest() {
    return lengths.isEmpty() ? 0 : lengths.first();
  }
}
