// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Slips of hasty typing, now and then, never within the open places of a sentence. */
final class Slips {
  private static final double SLIP = 0.08;

  /** Long enough to be read in spite of a slip. */
  private static final Pattern WORD = Pattern.compile("(?<!\\{)\\b[A-Za-z]{5,}\\b");

  private static final Pattern END = Pattern.compile("[.?!。？！]$");

  private Slips() {}

  /** The sentence, mostly as it is. */
  static String now(String sentence, Draw d) {
    if (!d.chance(SLIP)) {
      return sentence;
    }
    String plain = END.matcher(sentence).replaceFirst("");
    return switch (d.between(0, 2)) {
      case 0 -> plain;
      case 1 -> plain.toLowerCase(Locale.ROOT);
      default -> slipped(sentence, d);
    };
  }

  private static String slipped(String sentence, Draw d) {
    var words = WORD.matcher(sentence).results().toList();
    if (words.isEmpty()) {
      return sentence;
    }
    MatchResult word = d.of(words);
    int at = word.start() + d.between(1, word.end() - word.start() - 2);
    String head = sentence.substring(0, at);
    char here = sentence.charAt(at);
    char next = sentence.charAt(at + 1);
    return switch (d.between(0, 2)) {
      case 0 -> head + next + here + sentence.substring(at + 2);
      case 1 -> head + sentence.substring(at + 1);
      default -> head + here + sentence.substring(at);
    };
  }
}
