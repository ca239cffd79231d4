// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PageTest {
  private static final List<String> PAGES =
      List.of(
          "askback",
          "formatting",
          "limits",
          "lists",
          "lookup",
          "order",
          "products",
          "refusals",
          "smalltalk",
          "sums");

  private static final Pattern PLACE = Pattern.compile("\\{[a-z]+}");

  @Test
  void whatIsOnlyWantedIsPutIntoSharedSentences() {
    Page page =
        Page.of("x", "== up english\nUp: {list}\ndo: sort {list}\ndo: order {list}\n== up chinese");
    List<String> lines = page.lines("up", Language.ENGLISH).lines().toList();
    assertThat(lines).hasSizeGreaterThan(15).contains("Up: {list}");
    assertThat(lines.subList(1, lines.size()))
        .allMatch(l -> l.contains("[sort {list}|order {list}]"));
    assertThat(page.lines("up", Language.CHINESE)).isEmpty();
  }

  @Test
  void aPageSaysWhatIsWrongWithIt() {
    assertThatThrownBy(() -> Page.of("nowhere")).hasMessageContaining("'nowhere'");
    assertThatThrownBy(() -> Page.of("x", "What is it?"))
        .hasMessageContaining("x.txt: 'What is it?' stands in no section");
    assertThatThrownBy(() -> Page.of("x", "== up english\n== up\n"))
        .hasMessageContaining("'== up'");
    assertThatThrownBy(() -> Page.of("x", "== up english\n").lines("up", Language.CHINESE))
        .hasMessageContaining("x.txt has no section 'up CHINESE'");
  }

  /** A sentence that lacked a number or a list could not be answered. */
  @Test
  void allSentencesOfAQuestionHaveTheSameOpenPlaces() {
    for (String name : PAGES) {
      Page page = Page.of(name);
      for (String question : page.questions()) {
        for (Language language : Language.values()) {
          if (!page.lines(question, language).isEmpty()) {
            samePlaces(name, question, Wordings.of(page.lines(question, language)));
          }
        }
      }
    }
  }

  private static void samePlaces(String page, String question, Wordings wordings) {
    List<String> first = null;
    for (int seed = 0; seed < 2_000; seed++) {
      String sentence = wordings.draw(new SplittableRandom(seed), Split.TRAIN);
      List<String> places =
          PLACE.matcher(sentence).results().map(MatchResult::group).sorted().toList();
      first = first == null ? places : first;
      assertThat(places).as("%s.txt, %s: %s", page, question, sentence).isEqualTo(first);
      assertThat(sentence).doesNotContain("<>").doesNotStartWith("do: ").doesNotStartWith("what: ");
    }
  }
}
