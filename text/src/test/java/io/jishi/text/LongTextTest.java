// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.text.Tokenizer.Special;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A megabyte without a place to cut: an algorithm that takes time squared would never end. */
class LongTextTest {
  private static final int LENGTH = 1 << 20;

  @ParameterizedTest
  @ValueSource(strings = {"a", " ", "\n", " \n", "<", "7", "中", "\uD83D\uDE80", "Ab", "\u0301"})
  void aMegabyteOfOneThingEnds(String unit) {
    String text = unit.repeat(LENGTH / unit.length());
    for (Tokenizer t :
        new Tokenizer[] {TestTokenizers.byteLevel(), TestTokenizers.sentencePiece()}) {
      assertThat(t.decode(t.encode(text, Special.TEXT)).equals(text)).isTrue();
    }
  }

  @org.junit.jupiter.api.Test
  void marksThatHaveToBeSortedEnd() {
    String text = "a" + "\u0301\u0323".repeat(LENGTH / 2);
    assertThat(TestTokenizers.byteLevel().encode(text, Special.TEXT))
        .hasSizeGreaterThan(LENGTH / 2);
  }
}
