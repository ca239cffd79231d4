// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.vocab;

import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a text is cut into words before it is learned from; no token crosses the border of a word.
 */
public enum WordRule {
  /** GPT-2: a word with the space before it; digits and punctuation apart. */
  GPT2("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"),
  /** Llama 3: any one character before a word, digits by threes, line breaks with punctuation. */
  LLAMA3(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
  /** Qwen 2: as Llama 3, each digit alone. */
  QWEN2(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");

  private final String regex;
  private final Pattern pattern;

  WordRule(String regex) {
    this.regex = regex;
    String unicode =
        regex
            .replace("\\s", "\\p{IsWhite_Space}")
            .replace("\\S", "\\P{IsWhite_Space}")
            .replace("(?i:", "(?iu:");
    this.pattern = Pattern.compile(unicode, Pattern.MULTILINE | Pattern.UNIX_LINES);
  }

  /** The expression as it stands in {@code tokenizer.json}. */
  String regex() {
    return regex;
  }

  /**
   * Gives the words of a text in order; together they are the text.
   *
   * @param digits whether each digit is a word of its own
   */
  public void words(String text, boolean digits, Consumer<String> out) {
    if (!digits) {
      plain(text, out);
      return;
    }
    int from = 0;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      int next = i + Character.charCount(c);
      if (isNumber(c)) {
        plain(text.substring(from, i), out);
        plain(text.substring(i, next), out);
        from = next;
      }
      i = next;
    }
    plain(text.substring(from), out);
  }

  private static boolean isNumber(int c) {
    int type = Character.getType(c);
    return type == Character.DECIMAL_DIGIT_NUMBER
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }

  private void plain(String text, Consumer<String> out) {
    Matcher matcher = pattern.matcher(text);
    int at = 0;
    while (matcher.find()) {
      if (at < matcher.start()) {
        out.accept(text.substring(at, matcher.start()));
      }
      out.accept(matcher.group());
      at = matcher.end();
    }
    if (at < text.length()) {
      out.accept(text.substring(at));
    }
  }
}
