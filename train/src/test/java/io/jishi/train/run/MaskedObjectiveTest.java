// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jishi.train.data.Batch;
import io.jishi.train.tape.Examples;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MaskedObjectiveTest {
  private static final int MASK = 4;
  private static final int VOCABULARY = 1000;
  private static final int ROWS = 64;
  private static final int LENGTH = 128;

  /** Five standard deviations of a share of 8,192 tokens. */
  private static final double DRAWN = 0.02;

  private static final MaskedObjective OBJECTIVE =
      new MaskedObjective(
          new MaskedObjective.Masking(MASK, VOCABULARY, 0.15, 3), List.of(), LENGTH, ROWS, 0);

  /** The last quarter of each row is filler. */
  private static Batch batch() {
    int[] tokens = new Random(2).ints(ROWS * LENGTH, 5, VOCABULARY).toArray();
    int[] labels = tokens.clone();
    int[] bounds = new int[ROWS + 1];
    for (int row = 0; row < ROWS; row++) {
      Arrays.fill(labels, row * LENGTH + LENGTH * 3 / 4, (row + 1) * LENGTH, Batch.IGNORE);
      bounds[row + 1] = (row + 1) * LENGTH;
    }
    return new Batch(ROWS, LENGTH, tokens, labels, bounds);
  }

  @Test
  void theShareIsMaskedFillerIsNotAndLabelsAreWhatStoodThere() {
    Batch batch = batch();
    Examples examples = OBJECTIVE.examples(batch, 7);
    int[] labels = examples.targets("").labels();
    int chosen = 0;
    int masked = 0;
    int kept = 0;
    for (int t = 0; t < labels.length; t++) {
      if (labels[t] == Batch.IGNORE) {
        assertThat(examples.tokens()[t]).isEqualTo(batch.tokens()[t]);
        continue;
      }
      assertThat(t % LENGTH).isLessThan(LENGTH * 3 / 4);
      assertThat(labels[t]).isEqualTo(batch.tokens()[t]);
      chosen++;
      masked += examples.tokens()[t] == MASK ? 1 : 0;
      kept += examples.tokens()[t] == labels[t] ? 1 : 0;
    }
    assertThat((double) chosen / (ROWS * LENGTH * 3 / 4)).isCloseTo(0.15, within(DRAWN));
    assertThat((double) masked / chosen).isCloseTo(0.8, within(3 * DRAWN));
    assertThat((double) kept / chosen).isCloseTo(0.1, within(3 * DRAWN));
    assertThat(OBJECTIVE.count(batch, 7)).isEqualTo(chosen);
  }

  @Test
  void partsOfABatchAreMaskedAsInTheWholeAndStepsDiffer() {
    Batch batch = batch();
    int[] whole = OBJECTIVE.examples(batch, 7).tokens();
    int[] second = OBJECTIVE.examples(batch.slice(16, 16), 7).tokens();
    assertThat(second).isEqualTo(Arrays.copyOfRange(whole, 16 * LENGTH, 32 * LENGTH));
    assertThat(OBJECTIVE.examples(batch, 8).tokens()).isNotEqualTo(whole);
  }
}
