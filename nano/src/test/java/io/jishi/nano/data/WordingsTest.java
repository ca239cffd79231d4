// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class WordingsTest {
  private static Set<String> drawn(String lines, Split split) {
    Wordings wordings = Wordings.of(lines);
    Set<String> drawn = new TreeSet<>();
    for (int seed = 0; seed < 200; seed++) {
      drawn.add(wordings.draw(new SplittableRandom(seed), split));
    }
    return drawn;
  }

  @Test
  void aPatternMakesAllItsSentencesAndNoOther() {
    String lines = "[a|b[c|d]] {x}[.|?]\n~e";
    Set<String> all = drawn(lines, Split.TRAIN);
    all.addAll(drawn(lines, Split.WORDINGS));
    assertThat(all).containsExactly("a {x}.", "a {x}?", "bc {x}.", "bc {x}?", "bd {x}.", "bd {x}?");
    assertThat(Wordings.of(lines).count()).isEqualTo(6);
    assertThat(drawn(lines, Split.PATTERNS)).containsExactly("e");
  }

  @Test
  void aPatternThatWouldTeachAHeldOutSentenceIsRefused() {
    assertThatThrownBy(() -> Wordings.of("[What|How much] is {a}[?|]\n~What is {a}."))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("would teach 'What is {a}.'");
    assertThatThrownBy(() -> Wordings.of("[x|{a}[再|]加{b}[。|]]\n~{a}加{b}"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Wordings.of("{a} [as|in] capitals\n~{a} [with commas|in capitals]."))
        .hasMessageContaining("would teach '{a} in capitals.'");
    assertThat(Wordings.of("[What|How much] is {b}[?|]\n~What is {a}.").unseen()).hasSize(1);
  }
}
