// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.nio.charset.StandardCharsets;

/**
 * The normalizer of SentencePiece: characters are replaced by the file's map, white space at both
 * ends and all but one between words goes where the file says so, and spaces become U+2581. What
 * the users of a model have defined as pieces is left as it is.
 *
 * @param map what replaces what, or null
 * @param prefix whether the first word carries a space
 * @param collapse whether extra white space goes
 * @param escape whether spaces are written as U+2581
 * @param suffix whether the space of a word stands after it
 * @param defined the pieces that users define
 */
record SentencePieceText(
    Charsmap map,
    boolean prefix,
    boolean collapse,
    boolean escape,
    boolean suffix,
    AddedTokens defined)
    implements TextNormalizer {

  @Override
  public String apply(String text, Before before) {
    if (text.isEmpty()) {
      return text;
    }
    return new Run(text).normalize(prefix && before != Before.ADDED);
  }

  private char space() {
    return escape ? '\u2581' : ' ';
  }

  /** The work on one text. */
  private final class Run {
    private final String text;
    private final byte[] utf8;
    private final StringBuilder out;
    private boolean afterSpace = collapse;
    private int bytes;

    Run(String text) {
      this.text = text;
      this.utf8 = map == null ? null : text.getBytes(StandardCharsets.UTF_8);
      this.out = new StringBuilder(text.length() + 8);
    }

    String normalize(boolean marked) {
      int at = collapse ? skipSpaces() : 0;
      if (at == text.length()) {
        return "";
      }
      if (marked && !suffix) {
        out.append(space());
      }
      while (at < text.length()) {
        at = step(at);
      }
      int end = out.length();
      while (collapse && end > 0 && out.charAt(end - 1) == space()) {
        end--;
      }
      out.setLength(end);
      return marked && suffix ? out.append(space()).toString() : out.toString();
    }

    private void plain(char c) {
      if (c != ' ') {
        out.append(c);
      } else if (!afterSpace) {
        out.append(space());
      }
      afterSpace = collapse && c == ' ';
    }

    private int skipSpaces() {
      int at = 0;
      while (at < text.length()) {
        int had = bytes;
        int next = next(at);
        if (!replaced(at, next).equals(" ")) {
          bytes = had;
          break;
        }
        at = next;
      }
      return at;
    }

    private int step(int at) {
      if (map == null && SentencePieceText.this.defined.lengthAt(text, at) == 0) {
        plain(text.charAt(at)); // most texts are nothing else
        return at + 1;
      }
      int next = next(at);
      String part = replaced(at, next);
      int skip = 0;
      while (afterSpace && skip < part.length() && part.charAt(skip) == ' ') {
        skip++;
      }
      for (int i = skip; i < part.length(); i++) {
        char c = part.charAt(i);
        out.append(c == ' ' ? space() : c);
      }
      if (skip < part.length()) {
        afterSpace = part.charAt(part.length() - 1) == ' ';
      }
      afterSpace &= collapse;
      return next;
    }

    private String replacement;

    /** The end of what is replaced as one, from {@code at}; moves {@link #bytes} on too. */
    private int next(int at) {
      replacement = null;
      int defined = SentencePieceText.this.defined.lengthAt(text, at);
      int units = defined;
      if (defined == 0) {
        units = Character.charCount(text.codePointAt(at));
        long found = map == null ? -1 : map.find(utf8, bytes, utf8.length, true);
        if (found >= 0) {
          replacement = map.replacement((int) (found >>> 32));
          return at + advance(at, (int) found);
        }
      }
      if (map != null) {
        bytes += length(at, at + units);
      }
      return at + units;
    }

    /** The UTF-16 units of so many bytes, whole characters at least. */
    private int advance(int at, int count) {
      int end = at;
      int passed = 0;
      while (passed < count && end < text.length()) {
        int c = text.codePointAt(end);
        passed += BpeModel.utf8Length(c);
        end += Character.charCount(c);
      }
      bytes += passed;
      return end - at;
    }

    private int length(int from, int to) {
      int sum = 0;
      for (int i = from; i < to; ) {
        int c = text.codePointAt(i);
        sum += BpeModel.utf8Length(c);
        i += Character.charCount(c);
      }
      return sum;
    }

    private String replaced(int at, int next) {
      return replacement != null ? replacement : text.substring(at, next);
    }
  }
}
