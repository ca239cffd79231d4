// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.text.Normalizer;
import java.util.function.UnaryOperator;

/**
 * The text of BERT (Devlin et al. 2019): its normalizer, and its words, which are cut at white
 * space and around punctuation.
 *
 * @param clean whether control characters go and white space becomes spaces
 * @param spaceHan whether Chinese characters stand between spaces
 * @param stripAccents whether marks go
 * @param lowerCase whether letters become small
 */
record BertText(boolean clean, boolean spaceHan, boolean stripAccents, boolean lowerCase)
    implements UnaryOperator<String> {

  static final PreTokenizer WORDS = BertText::words;

  @Override
  public String apply(String text) {
    String result = clean ? cleaned(text) : text;
    result = spaceHan ? spaced(result) : result;
    result = stripAccents ? withoutMarks(result) : result;
    return lowerCase ? HfNormalizer.lowerCase(result) : result;
  }

  private static String cleaned(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .filter(c -> c != 0 && c != 0xFFFD && !isControl(c))
        .forEach(c -> out.appendCodePoint(CharClass.isWhiteSpace(c) ? ' ' : c));
    return out.toString();
  }

  /** Control, format and private characters; tabs and line ends count as white space. */
  private static boolean isControl(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE ->
          c != '\t' && c != '\n' && c != '\r';
      default -> false; // what is not assigned stays, as in the reference library
    };
  }

  private static String spaced(String text) {
    StringBuilder out = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(
            c -> {
              if (isChinese(c)) {
                out.append(' ').appendCodePoint(c).append(' ');
              } else {
                out.appendCodePoint(c);
              }
            });
    return out.toString();
  }

  /** The blocks of unified and compatibility ideographs that BERT's own code lists. */
  private static boolean isChinese(int c) {
    return c >= 0x4E00 && c <= 0x9FFF
        || c >= 0x3400 && c <= 0x4DBF
        || c >= 0xF900 && c <= 0xFAFF
        || c >= 0x20000 && c <= 0x2A6DF
        || c >= 0x2A700 && c <= 0x2CEAF // the source writes three blocks without a gap
        || c >= 0x2F800 && c <= 0x2FA1F;
  }

  private static String withoutMarks(String text) {
    StringBuilder out = new StringBuilder(text.length());
    HfNormalizer.unicode(Normalizer.Form.NFD)
        .apply(text)
        .codePoints()
        .filter(c -> Character.getType(c) != Character.NON_SPACING_MARK)
        .forEach(out::appendCodePoint);
    return out.toString();
  }

  private static void words(String text, int from, int to, boolean first, PreTokenizer.Sink out) {
    int start = from;
    for (int at = from; at < to; ) {
      int c = WordRule.codePoint(text, at, to);
      int next = at + Character.charCount(c);
      boolean space = CharClass.isWhiteSpace(c);
      if (space || isPunctuation(c)) {
        if (start < at) {
          out.accept(text, start, at, first && start == from);
        }
        if (!space) {
          out.accept(text, at, next, first && at == from);
        }
        start = next;
      }
      at = next;
    }
    if (start < to) {
      out.accept(text, start, to, first && start == from);
    }
  }

  /** All of ASCII that is no letter, number, space or control, and the category P. */
  private static boolean isPunctuation(int c) {
    return c < 0x80
        ? c > ' ' && c < 0x7F && !Character.isLetterOrDigit(c)
        : switch (Character.getType(c)) {
          case Character.CONNECTOR_PUNCTUATION,
              Character.DASH_PUNCTUATION,
              Character.START_PUNCTUATION,
              Character.END_PUNCTUATION,
              Character.INITIAL_QUOTE_PUNCTUATION,
              Character.FINAL_QUOTE_PUNCTUATION,
              Character.OTHER_PUNCTUATION ->
              true;
          default -> false;
        };
  }
}
