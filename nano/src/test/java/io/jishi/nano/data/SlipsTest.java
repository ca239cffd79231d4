// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SlipsTest {
  private static final String SENTENCE = "Please sort {numbers} quickly.";

  private static Set<String> typed(Split split) {
    Set<String> typed = new TreeSet<>();
    Both wordings = Both.of("[Please|Now|Kindly|Quickly|So] sort {numbers}[.|!||?]", "[排|请排][。|]");
    for (int seed = 0; seed < 3_000; seed++) {
      Draw d = new Draw(new SplittableRandom(seed), "sort", Language.ENGLISH, split, false);
      String asked = d.ask(wordings, "numbers", "3, 1");
      typed.add(asked.replaceAll("(?i).*(sort 3, 1).*", "$1"));
      if (asked.contains("kindly sort") || asked.contains("quickly sort")) {
        typed.add("small letters");
      }
    }
    return typed;
  }

  @Test
  void aSlipChangesOneWordAndNeverAnOpenPlace() {
    Set<String> all = new TreeSet<>();
    for (int seed = 0; seed < 5_000; seed++) {
      Draw d = new Draw(new SplittableRandom(seed), "sort", Language.ENGLISH, Split.TRAIN, false);
      all.add(Slips.now(SENTENCE, d));
    }
    assertThat(all).hasSizeGreaterThan(20).contains(SENTENCE, "please sort {numbers} quickly");
    assertThat(all).allMatch(s -> s.contains("{numbers}"));
    assertThat(all).allMatch(s -> Math.abs(s.length() - SENTENCE.length()) <= 1);
  }

  @Test
  void whatIsMeasuredIsTypedRight() {
    assertThat(typed(Split.TRAIN)).contains("sort 3, 1", "small letters");
    assertThat(typed(Split.WORDINGS)).containsExactly("sort 3, 1");
  }
}
