// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Held-out patterns must be built otherwise than what is learned from, not only be other texts. */
class HeldOutTest {
  private static final int SENTENCES = 1_500;

  /** Fewer edits than one for so many words (characters in Chinese) would be the same sentence. */
  private static final int WORDS_PER_EDIT = 4;

  private static final Pattern WORD =
      Pattern.compile("\\{[a-z]+}|[A-Za-z']+|\\p{IsHan}|[-0-9=+÷×/]");

  @Test
  void noSentenceToLearnFromIsNearlyAHeldOutOne() {
    for (Kinds.Kind kind : Kinds.all()) {
      for (Language language : Language.values()) {
        Set<String> learned = wordings(kind, language, Split.TRAIN, SENTENCES);
        Set<String> held = wordings(kind, language, Split.PATTERNS, 100);
        for (String one : learned) {
          List<String> words = words(one);
          for (String other : held) {
            List<String> others = words(other);
            int longer = Math.max(words.size(), others.size());
            assertThat(edits(words, others) * WORDS_PER_EDIT)
                .as("%s: '%s' is nearly '%s'", kind.name(), one, other)
                .isGreaterThanOrEqualTo(longer);
          }
        }
      }
    }
  }

  private static Set<String> wordings(Kinds.Kind kind, Language language, Split split, int count) {
    Set<String> wordings = new TreeSet<>();
    for (int seed = 0; seed < count; seed++) {
      wordings.add(kind.make(language, split, seed).wording());
    }
    return wordings;
  }

  private static List<String> words(String sentence) {
    String plain = sentence.replace("\\n", " ").toLowerCase(Locale.ROOT);
    return WORD.matcher(plain).results().map(MatchResult::group).toList();
  }

  /** Words to put in, leave out or replace (Levenshtein). */
  private static int edits(List<String> a, List<String> b) {
    List<Integer> before = new ArrayList<>();
    for (int j = 0; j <= b.size(); j++) {
      before.add(j);
    }
    for (int i = 1; i <= a.size(); i++) {
      List<Integer> row = new ArrayList<>(List.of(i));
      for (int j = 1; j <= b.size(); j++) {
        int same = before.get(j - 1) + (a.get(i - 1).equals(b.get(j - 1)) ? 0 : 1);
        row.add(Math.min(same, Math.min(before.get(j), row.get(j - 1)) + 1));
      }
      before = row;
    }
    return before.getLast();
  }
}
