// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The one-pass word rules against the published regular expressions, their oracle. */
class WordRulesTest {
  /** Every kind of character that an expression tells apart, and their strangest members. */
  private static final String[] UNITS = {
    "a",
    "b",
    "s",
    "t",
    "r",
    "e",
    "v",
    "m",
    "l",
    "d",
    "S",
    "T",
    "L",
    "A",
    "Z",
    "é",
    "ſ",
    "ǅ",
    "ʰ",
    "中",
    "文",
    "々",
    "〇",
    "の",
    "カ",
    "한",
    "ا",
    "\u0301",
    "\u0903",
    "\u20DD",
    "1",
    "2",
    "9",
    "٣",
    "Ⅷ",
    "½",
    "²",
    " ",
    " ",
    " ",
    "\t",
    "\n",
    "\r",
    "\u00A0",
    "\u0085",
    "\u2028",
    "\u3000",
    "'",
    "'",
    ".",
    ",",
    "!",
    "/",
    "-",
    "_",
    "(",
    "$",
    "+",
    "€",
    "。",
    "、",
    "⺀",
    "\u200D",
    "\uFEFF",
    "\uFFFD",
    "\u0000",
    "\u001B",
    "\uE000",
    "\u0378",
    "\uD83D\uDE80",
    "\uD835\uDC00",
    "\uD835\uDC1A",
    "\uD840\uDC00",
    "\uD835\uDFD8",
    "\uD834\uDD65",
    "\uDBFF\uDFFF",
    "ll",
    "'s",
    "'LL",
    "  ",
    "\r\n",
    " '",
    "É",
    "ß",
    "İ"
  };

  private static final Map<String, PreTokenizer> ORACLES = new LinkedHashMap<>();

  static {
    WordRules.knownExpressions().forEach(e -> ORACLES.put(e, Splitter.isolated("oracle", e)));
  }

  private static List<String> words(PreTokenizer rule, String text) {
    List<String> words = new ArrayList<>();
    rule.split(
        text, 0, text.length(), true, (t, from, to, f) -> words.add(t.substring(from, to) + f));
    return words;
  }

  private static void compare(String text) {
    ORACLES.forEach(
        (expression, oracle) ->
            assertThat(words(WordRules.known(expression), text))
                .as("%s on '%s'", expression, text)
                .isEqualTo(words(oracle, text)));
  }

  @Property(tries = 3000)
  void aKnownRuleCutsWhereItsExpressionMatches(@ForAll long seed) {
    Random random = new Random(seed);
    int kinds = 1 + random.nextInt(UNITS.length);
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(24); i >= 0; i--) {
      text.append(UNITS[random.nextInt(kinds)]);
    }
    compare(text.toString());
  }

  @Property(tries = 1000)
  void charactersOfTheWholeOfUnicodeAreTheSameToBoth(@ForAll long seed) {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(24); i >= 0; i--) {
      int c = random.nextBoolean() ? random.nextInt(0x3400) : random.nextInt(0x110000);
      text.appendCodePoint(c >= 0xD800 && c < 0xE000 ? 'x' : c);
    }
    compare(text.toString());
  }

  @Test
  void everyPairOfKindsIsCutAlike() {
    for (String left : UNITS) {
      StringBuilder row = new StringBuilder();
      for (String right : UNITS) {
        row.append(left).append(right).append(" x ");
      }
      compare(row.toString());
    }
  }

  @Test
  void aPartOfATextIsCutAsIfItStoodAlone() {
    String text = "ab  cd\r\n 12 中文's";
    for (PreTokenizer rule : ORACLES.keySet().stream().map(WordRules::known).toList()) {
      for (int from = 0; from < text.length(); from++) {
        for (int to = from + 1; to <= text.length(); to++) {
          List<String> words = new ArrayList<>();
          rule.split(text, from, to, true, (t, a, b, f) -> words.add(t.substring(a, b) + f));
          assertThat(words).isEqualTo(words(rule, text.substring(from, to)));
        }
      }
    }
  }

  @Test
  void expressionsAreKnownWithLineEndsWrittenOutOrNot() {
    String literal = WordRules.LLAMA3.replace("\\r", "\r").replace("\\n", "\n");
    assertThat(WordRules.known(literal)).isSameAs(WordRules.known(WordRules.LLAMA3)).isNotNull();
    assertThat(WordRules.known("\\p{L}+")).isNull();
  }

  /** Counts how often a rule looks at a text. */
  private static final class Counted implements CharSequence {
    private final String text;
    private long reads;

    Counted(String text) {
      this.text = text;
    }

    @Override
    public char charAt(int index) {
      reads++;
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.substring(start, end);
    }
  }

  /** Each alternative looks at a character at most twice, and there are fewer than six. */
  private static final int READS_PER_CHARACTER = 12;

  @Test
  void noTextIsReadMoreThanAFewTimes() {
    for (String expression : WordRules.knownExpressions()) {
      if (WordRules.known(expression) instanceof WordRule rule) {
        for (String unit : UNITS) {
          for (String other : new String[] {"", "A", "a", " ", "中", "\n"}) {
            Counted text = new Counted((unit + other).repeat(2000));
            for (int at = 0; at < text.length(); ) {
              at = rule.end(text, at, text.length());
            }
            assertThat(text.reads)
                .as("%s on '%s%s'", expression, unit, other)
                .isLessThan((long) READS_PER_CHARACTER * text.length() + 100);
          }
        }
      }
    }
  }
}
