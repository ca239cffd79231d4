// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BoundedPatternTest {
  private static List<String> words(Splitter.Behaviour behaviour, String regex, String text) {
    List<String> words = new ArrayList<>();
    new Splitter(BoundedPattern.of("test", regex), behaviour, false)
        .split(text, 0, text.length(), true, (t, from, to, f) -> words.add(t.substring(from, to)));
    return words;
  }

  @Test
  void eachBehaviourTreatsMatchesAsNamed() {
    String text = "the-final--countdown";
    assertThat(words(Splitter.Behaviour.REMOVED, "-", text))
        .containsExactly("the", "final", "countdown");
    assertThat(words(Splitter.Behaviour.ISOLATED, "-", text))
        .containsExactly("the", "-", "final", "-", "-", "countdown");
    assertThat(words(Splitter.Behaviour.CONTIGUOUS, "-", text))
        .containsExactly("the", "-", "final", "--", "countdown");
    assertThat(words(Splitter.Behaviour.MERGED_WITH_PREVIOUS, "-", text))
        .containsExactly("the-", "final-", "-", "countdown");
    assertThat(words(Splitter.Behaviour.MERGED_WITH_NEXT, "-", text))
        .containsExactly("the", "-final", "-", "-countdown");
  }

  @ParameterizedTest
  @CsvSource({
    "\\s+, \\p{IsWhite_Space}+",
    "\\p{Han}, \\p{IsHAN}",
    "\\p{^L}, \\P{L}",
    "\\h, [0-9a-fA-F]",
    "(?i:'s), (?iu:'s)",
    "[a(b], [a\\(b]",
    "[]a], [\\]a]"
  })
  void theDialectIsTranslated(String onig, String java) {
    assertThat(OnigPattern.toJava("test", onig.replace("''", "'"))).isEqualTo(java);
  }

  @Test
  void lettersMatchWithoutCaseAsUnicodeHasIt() {
    assertThat(words(Splitter.Behaviour.ISOLATED, "(?i:'s)", "a'ſb"))
        .containsExactly("a", "'ſ", "b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\k<a>", "\\b", "(?<n>a)", "\\1", "[[:alpha:]]", "\\p{Nope}", "a{1,2}+"})
  void whatMayMeanSomethingElseIsRefused(String regex) {
    assertThatThrownBy(() -> BoundedPattern.of("test", regex))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("test");
  }

  @ParameterizedTest
  @ValueSource(strings = {"(", "[a", "a**", "\\x{zz}"})
  void whatIsNoExpressionIsABadFile(String regex) {
    assertThatThrownBy(() -> BoundedPattern.of("test", regex))
        .isInstanceOf(JishiException.BadFile.class);
  }

  @Test
  void nestingTooDeepIsABadFile() {
    assertThatThrownBy(() -> BoundedPattern.of("test", "(".repeat(9000) + ")".repeat(9000)))
        .isInstanceOf(JishiException.BadFile.class);
  }

  @Test
  void anExpressionThatNeverEndsIsCutOff() {
    BoundedPattern pattern = BoundedPattern.of("test", "a*a*a*b");
    assertThatThrownBy(() -> pattern.matches("a".repeat(100_000)))
        .isInstanceOf(JishiException.BadRequest.class);
    BoundedPattern deep = BoundedPattern.of("test", "(a|b)*c");
    assertThatThrownBy(() -> deep.matches("ab".repeat(500_000)))
        .isInstanceOf(JishiException.BadRequest.class);
  }
}
