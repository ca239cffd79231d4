// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ExpertChoiceTest {
  private static int[] choose(Routing routing, float... ranks) {
    ExpertChoice choice = new ExpertChoice();
    choice.begin(routing);
    return choice.choose(ranks);
  }

  private static Routing routing(int experts, int chosen, int groups, int open, int top) {
    return new Routing(experts, chosen, Routing.Scoring.SIGMOID, null, groups, open, top, false, 1);
  }

  @Test
  void theHighestRanksWinAndOfEqualsTheFirst() {
    assertThat(choose(routing(5, 2, 1, 1, 1), 1, 3, 3, 3, 2)).containsExactly(1, 2);
  }

  @Test
  void onlyExpertsOfTheBestGroupsAreOpen() {
    // Sums of the two best: 5 + 0 against 3 + 3.
    assertThat(choose(routing(6, 2, 2, 1, 2), 5, 0, 0, 3, 3, 1)).containsExactly(3, 4);
  }

  @Test
  void noNumberIsChosenOnlyWhereNothingElseIsLeft() {
    float nan = Float.NaN;
    assertThat(choose(routing(4, 2, 1, 1, 1), nan, 1, nan, -9)).containsExactly(1, 3);
    assertThat(choose(routing(4, 3, 1, 1, 1), nan, 1, nan, -9)).containsExactly(0, 1, 3);
    assertThat(choose(routing(4, 2, 1, 1, 1), nan, nan, nan, nan)).containsExactly(0, 1);
    assertThat(choose(routing(4, 1, 2, 1, 1), nan, nan, -9, nan)).containsExactly(2);
  }
}
