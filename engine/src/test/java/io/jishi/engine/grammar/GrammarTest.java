// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GrammarTest {
  private static final byte[][] VOCABULARY = Walks.vocabulary();
  private static final GrammarCompiler COMPILER = new GrammarCompiler(VOCABULARY, false);

  private static final String SUMS =
      """
      # sums of numbers
      root ::= term ("+" term)*
      term ::= [0-9]{1,3} | "(" root ")"
      """;

  @Test
  void aMaskIsExactlyTheTokensThatLeadToACompleteText() {
    String json =
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"string\",\"integer\"]}}}";
    List<Grammar> grammars =
        List.of(
            COMPILER.gbnf("grammar", SUMS),
            COMPILER.regex("regex", "(ab|a[bc]+|中.|\\d{2,4}(\\.5)?)*"),
            COMPILER.jsonSchema("schema", json),
            COMPILER.jsonObject("json"));
    Random random = new Random(7);
    for (Grammar grammar : grammars) {
      for (int run = 0; run < 20; run++) {
        Matcher matcher = grammar.matcher(true);
        long[] mask = new long[matcher.words()];
        for (int step = 0; step < 30 && !matcher.ended(); step++) {
          matcher.mask(mask, Integer.MAX_VALUE);
          TreeSet<Integer> expected = new TreeSet<>();
          for (int t = 0; t < VOCABULARY.length; t++) {
            if (VOCABULARY[t].length > 0 && matcher.fits(VOCABULARY[t], 0)) {
              expected.add(t);
            }
          }
          assertThat(Walks.tokens(mask)).isEqualTo(expected).isNotEmpty();
          matcher.accept(List.copyOf(expected).get(random.nextInt(expected.size())));
        }
      }
    }
  }

  @Test
  void whatIsWrittenIsOfTheGrammar() {
    Random random = new Random(1);
    String[] patterns = {
      "[a-z]{3,8}@[a-z]+\\.(com|org)",
      "(\\+49|0)[1-9][0-9]{2,4}[ -]?[0-9]{5,8}",
      "\\p{Lu}\\p{Ll}+( \\p{Lu}\\p{Ll}+)*",
      "[^\"\\\\]{2,5}|é+",
      "(a|b)*a(a|b){12}"
    };
    for (String pattern : patterns) {
      Grammar grammar = COMPILER.regex("regex", pattern);
      Pattern reference = Pattern.compile(pattern, Pattern.UNICODE_CHARACTER_CLASS);
      for (int i = 0; i < 30; i++) {
        String text = Walks.text(grammar, VOCABULARY, random, 10);
        assertThat(reference.matcher(text).matches()).as(pattern + ": " + text).isTrue();
      }
    }
  }

  @Test
  void gbnfHasLiteralsClassesGroupsAndRepetition() {
    Grammar sums = COMPILER.gbnf("grammar", SUMS);
    assertThat(Walks.accepts(sums, "1+(22+333)")).isTrue();
    assertThat(Walks.accepts(sums, "((((1))))+2")).isTrue();
    assertThat(Walks.accepts(sums, "1+")).isFalse();
    assertThat(Walks.accepts(sums, "4444")).isFalse();
    Grammar more =
        COMPILER.gbnf(
            "grammar",
            "root ::= \"\\x41\" [^a-c\\n]? . |\n  ( \"x\" \"y\" # comment\n  )+ | \"\\u4e2d\"{2,}");
    for (String text : List.of("Az!", "Az", "xyxy", "中中中")) {
      assertThat(Walks.accepts(more, text)).as(text).isTrue();
    }
    for (String text : List.of("A", "xyx", "中", "")) {
      assertThat(Walks.accepts(more, text)).as(text).isFalse();
    }
  }

  @Test
  void choicesAreTakenWhole() {
    Grammar grammar = COMPILER.choice("choice", List.of("yes", "yes, please", "no", "中"));
    for (String text : List.of("yes", "yes, please", "no", "中")) {
      assertThat(Walks.accepts(grammar, text)).isTrue();
    }
    assertThat(Walks.accepts(grammar, "ye")).isFalse();
    assertThat(Walks.accepts(grammar, "yes,")).isFalse();
  }

  @Test
  void aTokenMayEndWithinACharacterAndControlTokensNeverCome() {
    Grammar grammar = COMPILER.regex("regex", "中");
    Matcher matcher = grammar.matcher(true);
    long[] mask = new long[matcher.words()];
    matcher.mask(mask, Integer.MAX_VALUE);
    for (int t : Walks.tokens(mask)) {
      assertThat(VOCABULARY[t]).startsWith("中".getBytes(StandardCharsets.UTF_8)[0]);
    }
    assertThat(Walks.tokens(mask)).doesNotContain(0);
    int half = VOCABULARY.length - 2;
    assertThat(matcher.accept(half)).isTrue();
    assertThat(matcher.complete()).isFalse();
    matcher.mask(mask, Integer.MAX_VALUE);
    assertThat(Walks.tokens(mask)).hasSize(1);
  }

  @Test
  void aBlankThatTheFirstTokenLosesIsNotPartOfTheText() {
    byte[][] tokens = {bytes(" a"), bytes("a"), bytes(" "), bytes(" b"), bytes("  a")};
    GrammarCompiler drops = new GrammarCompiler(tokens, true);
    long[] mask = new long[1];
    Matcher first = drops.regex("regex", "aa").matcher(true);
    first.mask(mask, Integer.MAX_VALUE);
    assertThat(Walks.tokens(mask)).containsExactly(0, 1);
    first.accept(0);
    first.mask(mask, Integer.MAX_VALUE);
    assertThat(Walks.tokens(mask)).containsExactly(1);
    Matcher blank = drops.regex("regex", " a").matcher(true);
    blank.mask(mask, Integer.MAX_VALUE);
    assertThat(Walks.tokens(mask)).containsExactly(4);
    Matcher later = drops.regex("regex", "aa").matcher(false);
    later.mask(mask, Integer.MAX_VALUE);
    assertThat(Walks.tokens(mask)).containsExactly(1);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void theShortestWayEndsEveryText() {
    Random random = new Random(3);
    for (int i = 0; i < 50; i++) {
      Matcher matcher = COMPILER.jsonObject("json").matcher(true);
      long[] mask = new long[matcher.words()];
      for (int step = 0; step < 40 && !matcher.ended(); step++) {
        matcher.mask(mask, Integer.MAX_VALUE);
        List<Integer> allowed = List.copyOf(Walks.tokens(mask));
        matcher.accept(allowed.get(random.nextInt(allowed.size())));
      }
      long cost = matcher.closing();
      int steps = 0;
      while (!matcher.complete()) {
        matcher.mask(mask, 0);
        matcher.accept(Walks.tokens(mask).first());
        steps++;
      }
      assertThat((long) steps).isLessThanOrEqualTo(cost);
    }
  }

  /** What is left out could not be closed any more, what is let in always can. */
  @Test
  void everyTokenMayComeBehindWhichTheTextCanStillBeClosed() {
    Random random = new Random(5);
    int narrowed = 0;
    for (int i = 0; i < 60; i++) {
      Matcher matcher =
          (i % 2 == 0
                  ? COMPILER.jsonObject("json")
                  : COMPILER.regex("regex", "(yes|certainly not|x{3}(ab|c{9})*z)"))
              .matcher(true);
      long[] all = new long[matcher.words()];
      long[] mask = new long[matcher.words()];
      int left = (int) matcher.closing() + random.nextInt(20);
      while (!matcher.ended() && left > 0) {
        left--;
        matcher.mask(all, Integer.MAX_VALUE);
        matcher.mask(mask, left);
        List<Integer> allowed = List.copyOf(Walks.tokens(mask));
        for (int token : Walks.tokens(all)) {
          Matcher after = matcher.copy();
          assertThat(after.accept(token)).isTrue();
          assertThat(allowed.contains(token)).isEqualTo(after.closing() <= left);
        }
        narrowed += Walks.tokens(all).size() > allowed.size() ? 1 : 0;
        if (matcher.complete() && (allowed.isEmpty() || random.nextBoolean())) {
          break;
        }
        matcher.accept(allowed.get(random.nextInt(allowed.size())));
      }
      assertThat(matcher.complete()).isTrue();
    }
    assertThat(narrowed).isGreaterThan(20);
  }

  @Test
  void nearTheEndAChoiceIsNotDecidedByItsLength() {
    Matcher matcher = COMPILER.regex("regex", "(no|certainly)").matcher(true); // token b + 1 is b
    long[] mask = new long[matcher.words()];
    matcher.mask(mask, "certainly".length() - 1);
    assertThat(Walks.tokens(mask)).contains('c' + 1, 'n' + 1);
    matcher.mask(mask, 1);
    assertThat(Walks.tokens(mask)).contains('n' + 1).doesNotContain('c' + 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(?=a)b",
        "a(?<!b)c",
        "(a)\\1",
        "\\bword",
        "a**",
        "a{3,2}",
        "(",
        ")",
        "[z-a]",
        "[a",
        "a|*",
        "x^y",
        "\\p{Greek}",
        "(?i)a",
        "a++",
        "[[:alpha:]]",
        "\\q",
        "a{99999999999}",
        "\\u{110000}",
        "((((a{999}){999}){999}){999}){999}",
        "(a?){900000000}"
      })
  void aPatternThatIsMalformedOrNotSupportedIsRefused(String pattern) {
    assertThatThrownBy(() -> COMPILER.regex("regex", pattern))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageStartingWith("regex");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "root ::= root \"a\" | \"b\"",
        "root ::= a\na ::= b\nb ::= \"x\"? a",
        "root ::= \"a\" root",
        "root ::= missing",
        "start ::= \"a\"",
        "root ::= \"a",
        "root ::= [a",
        "root ::= (\"a\"",
        "root = \"a\"",
        "root ::= \"a\"\nroot ::= \"b\"",
        "root ::= \"a\"{5,2}",
        "root ::= \"\\q\"",
        ""
      })
  void aGrammarThatIsMalformedEndlessOrLeftRecursiveIsRefused(String source) {
    assertThatThrownBy(() -> COMPILER.gbnf("grammar", source))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageStartingWith("grammar");
  }

  @Test
  void aGrammarWithTooManyReadingsEndsInAnErrorNotInAHang() {
    Grammar grammar =
        COMPILER.gbnf(
            "grammar", "root ::= a | b | \"x\"\na ::= \"x\" root \"y\"\nb ::= \"x\" root \"z\"");
    Matcher matcher = grammar.matcher(true);
    assertThatThrownBy(() -> matcher.accept(bytes("x".repeat(1000)), 0))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("ambiguous");
  }

  @Property(tries = 300)
  void noGrammarAndNoPatternCrashesTheParsers(@ForAll("soup") String text) {
    only(() -> COMPILER.gbnf("grammar", text));
    only(() -> COMPILER.gbnf("grammar", "root ::= " + text));
    only(() -> COMPILER.regex("regex", text));
  }

  private static void only(Runnable run) {
    try {
      run.run();
    } catch (JishiException.BadRequest e) {
      assertThat(e).hasMessageContaining(":");
    }
  }

  @Provide
  Arbitrary<String> soup() {
    String[] pieces = {
      "root", "::=", "\n", "\"a\"", "|", "(", ")", "*", "+", "?", "{", "}", "{2,3}", "[", "]",
      "[a-z]", "^", "$", "\\", "\\d", "\\p{L}", ".", "a", "b", " ", "-", "#", "\"", "中", "\\u",
      "(?:", ",", "9"
    };
    return Arbitraries.of(Arrays.asList(pieces)).list().ofMaxSize(25).map(l -> String.join("", l));
  }
}
