// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

/** Changes the text between two added tokens before it is cut into words. */
interface TextNormalizer {
  /** What stands before a stretch of text. */
  enum Before {
    /** It begins the text. */
    NOTHING,
    /** A control token. */
    CONTROL,
    /** A token that text may contain. */
    ADDED
  }

  /** The text as the model knows it. */
  TextNormalizer SAME = (text, before) -> text;

  /** The changed text; it may be empty. */
  String apply(String text, Before before);

  /** Whether an empty text may become something: the mark of a first word before an added token. */
  default boolean marksEmptyStart() {
    return false;
  }

  /**
   * Spaces as SentencePiece writes them (Kudo and Richardson 2018): U+2581.
   *
   * @param prefix whether the first word carries one; after a control token a text begins again
   * @param collapse whether spaces at both ends and all but one between words are dropped
   */
  record Spaces(boolean prefix, boolean collapse) implements TextNormalizer {
    @Override
    public String apply(String text, Before before) {
      String plain = collapse ? collapse(text) : text;
      if (collapse && plain.isEmpty()) {
        return "";
      }
      String start = prefix && before != Before.ADDED ? "\u2581" : "";
      return start + plain.replace(' ', '\u2581');
    }

    @Override
    public boolean marksEmptyStart() {
      return prefix && !collapse;
    }

    private static String collapse(String text) {
      StringBuilder out = new StringBuilder(text.length());
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        boolean again = out.isEmpty() || out.charAt(out.length() - 1) == ' ';
        if (c != ' ' || !again) {
          out.append(c);
        }
      }
      int end = out.length();
      return out.substring(0, end > 0 && out.charAt(end - 1) == ' ' ? end - 1 : end);
    }
  }
}
