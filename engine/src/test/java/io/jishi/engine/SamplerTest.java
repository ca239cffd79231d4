// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class SamplerTest {
  private static final int DRAWS = 40_000;

  /** Four standard deviations of a frequency of 40,000 draws. */
  private static final double NOISE = 0.01;

  /** Probabilities 0.4, 0.3, 0.2, 0.1. */
  private static final float[] LOGITS = logs(0.4, 0.3, 0.2, 0.1);

  @Test
  void greedyTakesTheLowestOfEquals() {
    assertThat(new Sampler(Sampling.GREEDY).draw(new float[] {1, 5, 5, 2})).isEqualTo(1);
  }

  @Test
  void drawsFollowTheSoftmax() {
    check(new Sampling(1, 0, 1, 0, 1L), 0.4, 0.3, 0.2, 0.1);
    check(new Sampling(0.5f, 0, 1, 0, 2L), 0.16 / 0.3, 0.09 / 0.3, 0.04 / 0.3, 0.01 / 0.3);
  }

  @Test
  void topKTopPAndMinPCutTheTail() {
    check(new Sampling(1, 2, 1, 0, 3L), 0.4 / 0.7, 0.3 / 0.7, 0, 0);
    check(new Sampling(1, 0, 0.65f, 0, 4L), 0.4 / 0.7, 0.3 / 0.7, 0, 0);
    check(new Sampling(1, 0, 0.75f, 0, 5L), 0.4 / 0.9, 0.3 / 0.9, 0.2 / 0.9, 0);
    check(new Sampling(1, 0, 1, 0.4f, 6L), 0.4 / 0.9, 0.3 / 0.9, 0.2 / 0.9, 0);
    check(new Sampling(1, 0, 0.01f, 0, 7L), 1, 0, 0, 0);
    check(new Sampling(1, 1, 1, 1, 8L), 1, 0, 0, 0);
  }

  @Test
  void logitsThatAreNoNumbersAreNeverDrawn() {
    float[] some = {Float.NaN, 1, Float.NEGATIVE_INFINITY, 1};
    Sampler sampler = new Sampler(new Sampling(1, 0, 1, 0, 1L));
    for (int i = 0; i < 100; i++) {
      assertThat(sampler.draw(some)).isIn(1, 3);
    }
    assertThatThrownBy(() -> sampler.draw(new float[] {Float.NaN, Float.NaN}))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("not finite");
  }

  private static void check(Sampling sampling, double... expected) {
    Sampler sampler = new Sampler(sampling);
    int[] counts = new int[expected.length];
    for (int i = 0; i < DRAWS; i++) {
      counts[sampler.draw(LOGITS)]++;
    }
    for (int v = 0; v < expected.length; v++) {
      assertThat(counts[v] / (double) DRAWS).isCloseTo(expected[v], Offset.offset(NOISE));
      assertThat(counts[v] == 0).isEqualTo(expected[v] == 0);
    }
  }

  private static float[] logs(double... probabilities) {
    float[] logits = new float[probabilities.length];
    for (int v = 0; v < logits.length; v++) {
      logits[v] = (float) Math.log(probabilities[v]);
    }
    return logits;
  }
}
