// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.speculate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class NgramIndexTest {

  /** Few enough pairs of each kind that no chain is cut off. */
  @Property(tries = 300)
  void theLongestEndThatStoodBeforeIsFound(
      @ForAll @IntRange(min = 1, max = 200) int length,
      @ForAll @IntRange(min = 6, max = 40) int kinds,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] text = random.ints(length, 0, kinds).toArray();
    if (length > 20) { // a passage that comes again
      int from = random.nextInt(length / 2);
      int count = Math.min(1 + random.nextInt(40), (length - from) / 2);
      System.arraycopy(text, from, text, length - count, count);
    }
    NgramIndex index = new NgramIndex();
    for (int to = 0; to <= length; to += 1 + random.nextInt(9)) {
      index.extend(text, to);
      assertMatches(index, Arrays.copyOf(text, to));
    }
  }

  private static void assertMatches(NgramIndex index, int[] text) {
    int best = 0;
    int place = -1;
    for (int end = text.length - 1; end >= 1; end--) {
      int n = 0;
      while (n < NgramIndex.LONGEST && n < end && text[end - 1 - n] == text[text.length - 1 - n]) {
        n++;
      }
      if (n > best) {
        best = n;
        place = end;
      }
    }
    assertThat(index.search(text)).isEqualTo(best >= NgramIndex.SHORTEST);
    if (best >= NgramIndex.SHORTEST) {
      assertThat(index.matched()).isEqualTo(best);
      assertThat(index.following(text, 0)).isEqualTo(text[place]);
    }
  }

  @Test
  void aShortPeriodGoesOn() {
    int[] text = {9, 1, 2, 3, 1, 2, 3, 1, 2};
    Draft draft = new Draft();
    draft.begin(text, text.length, 5, 0);
    try (LookupDrafter drafter = new LookupDrafter()) {
      assertThat(drafter.guess(List.of(draft))).isZero();
    }
    assertThat(Arrays.copyOf(draft.guesses(), draft.count())).containsExactly(3, 1, 2, 3, 1);
  }

  @Test
  void aShortMatchMakesAShortGuess() {
    int[] text = {5, 6, 7, 8, 9, 10, 11, 4, 5, 6};
    Draft draft = new Draft();
    draft.begin(text, text.length, Draft.MOST, 0);
    try (LookupDrafter drafter = new LookupDrafter()) {
      drafter.guess(List.of(draft));
    }
    assertThat(Arrays.copyOf(draft.guesses(), draft.count())).containsExactly(7, 8);
  }

  @Test
  void aTextOfOneTokenAloneCostsNoMoreThanAnyOther() {
    int[] text = new int[40_000]; // all zeros: one chain through the whole text
    NgramIndex index = new NgramIndex();
    for (int to = 1; to <= text.length; to++) {
      index.extend(text, to);
      assertThat(index.search(text)).isEqualTo(to > NgramIndex.SHORTEST);
    }
    assertThat(index.matched()).isEqualTo(NgramIndex.LONGEST);
  }
}
