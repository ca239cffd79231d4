// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.speculate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Decisions from times that the tests set. */
class PaceTest {
  /** The line is drawn towards what is usual as long as there are few measurements. */
  private static final double LINE_ERROR = 0.05;

  private static Draft draft(int guesses) {
    Draft draft = new Draft();
    draft.begin(new int[] {1}, 1, guesses, 0);
    for (int i = 0; i < guesses; i++) {
      draft.put(i);
    }
    return draft;
  }

  private static void learn(Draft draft, boolean right) {
    for (int i = 0; i < 100; i++) {
      draft.learn(1, right ? 1 : 0);
    }
  }

  private static List<Draft> drafts(int texts, boolean right) {
    List<Draft> all = new ArrayList<>();
    for (int i = 0; i < texts; i++) {
      Draft draft = draft(Draft.MOST);
      learn(draft, right);
      all.add(draft);
    }
    return all;
  }

  /** A machine where a step takes {@code base + each · tokens}. */
  private static Pace pace(long base, long each) {
    Pace pace = new Pace();
    for (int i = 0; i < 60; i++) {
      int tokens = 1 + i % 6;
      pace.step(tokens, base + each * tokens);
    }
    return pace;
  }

  @Test
  void theLineIsThatOfTheMeasurements() {
    StepCosts line = new StepCosts();
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 200; i++) {
      int tokens = 1 + random.nextInt(8);
      line.observe(tokens, 1e6 + 3e5 * tokens + 1e4 * random.nextDouble());
    }
    assertThat(line.at(40) - line.at(39)).isCloseTo(3e5, within(3e5 * LINE_ERROR));
    assertThat(line.at(4)).isCloseTo(2.2e6, within(2.2e6 * LINE_ERROR));
  }

  /** A product of one token may run other code than one of several. */
  @Test
  void aStepThatIsDearOnlyBecauseItIsNotOfOneTokenIsSeen() {
    Pace pace = new Pace();
    for (int i = 0; i < 60; i++) {
      pace.step(1, 1_000_000);
      pace.step(2 + i % 3, 5_000_000 + 10_000 * (i % 3));
    }
    List<Draft> few = List.of(draft(3));
    learn(few.getFirst(), true);
    pace.decide(few, 1, 1, 64, true);
    assertThat(few.getFirst().count()).as("four tokens in the time of five").isZero();
    List<Draft> many = drafts(1, true);
    pace.decide(many, 1, 1, 64, true);
    assertThat(many.getFirst().count()).as("seventeen in the time of a few more").isGreaterThan(8);
  }

  @Test
  void aPauseOfTheMachineDoesNotUpsetTheLine() {
    StepCosts line = new StepCosts();
    for (int i = 0; i < 100; i++) {
      line.observe(1 + i % 4, 1e6 + 2e5 * (1 + i % 4));
    }
    double before = line.at(1);
    line.observe(1, 60e9);
    assertThat(line.at(1)).isLessThan(1.2 * before);
  }

  @Test
  void guessesThatComeTrueGrowLongAndOthersStop() {
    List<Draft> right = drafts(1, true);
    pace(10_000_000, 1_000_000).decide(right, 1, 1, 64, true);
    assertThat(right.getFirst().count()).isEqualTo(Draft.MOST);
    List<Draft> wrong = drafts(1, false);
    pace(10_000_000, 1_000_000).decide(wrong, 1, 1, 64, true);
    assertThat(wrong.getFirst().count()).isZero();
  }

  @Test
  void whereATokenMoreTakesAsLongAsAStepOfItsOwnOnlyTheSureIsGuessed() {
    List<Draft> untried = List.of(draft(8));
    pace(0, 1_000_000).decide(untried, 1, 1, 64, true);
    assertThat(untried.getFirst().count()).isZero();
  }

  @Test
  void manyCallersLeaveLessForGuesses() {
    int[] guesses = new int[3];
    int[] callers = {1, 8, 32};
    for (int i = 0; i < callers.length; i++) {
      List<Draft> drafts = new ArrayList<>();
      for (int c = 0; c < callers[i]; c++) {
        drafts.add(draft(8));
      }
      pace(8_000_000, 2_000_000).decide(drafts, callers[i], callers[i], 1000, true);
      guesses[i] = drafts.getFirst().count();
    }
    assertThat(guesses[0]).isGreaterThan(guesses[1]);
    assertThat(guesses[2]).isZero();
  }

  @Test
  void guessesTakeWhatIsSpareAndNoMore() {
    List<Draft> drafts = drafts(4, true);
    pace(10_000_000, 100_000).decide(drafts, 4, 4, 10, true);
    assertThat(drafts.stream().mapToInt(Draft::count).sum()).isEqualTo(10);
    assertThat(drafts).allMatch(d -> d.count() >= 2);
  }

  @Test
  void aSlowDrafterIsNotAskedAndAFastOneIs() {
    Pace pace = pace(10_000_000, 1_000_000);
    pace.drafted(10, 1_000_000);
    List<Draft> fast = drafts(1, true);
    pace.decide(fast, 1, 1, 64, false);
    assertThat(fast.getFirst().wanted()).isPositive();
    for (int i = 0; i < 100; i++) {
      pace.drafted(1, 15_000_000);
    }
    List<Draft> slow = drafts(1, true);
    pace.decide(slow, 1, 1, 64, false);
    assertThat(slow.getFirst().wanted()).isZero();
  }

  @Test
  void aTextThatDisappointedIsTriedAgainSomeTime() {
    Draft draft = draft(4);
    learn(draft, false);
    Pace pace = pace(10_000_000, 1_000_000);
    int steps = 0;
    do {
      draft.rest();
      draft.begin(new int[] {1}, 1, 1, 0);
      draft.put(1);
      pace.decide(List.of(draft), 1, 1, 64, true);
      assertThat(++steps).isLessThan(1000);
    } while (draft.count() == 0);
    assertThat(steps).isGreaterThan(20);
  }
}
