// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.engine.Sampling;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
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
    assertThat(draw(sampler(Sampling.GREEDY), 1, 5, 5, 2)).isEqualTo(1);
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
    Sampler sampler = sampler(new Sampling(1, 0, 1, 0, 1L));
    for (int i = 0; i < 100; i++) {
      assertThat(draw(sampler, some)).isIn(1, 3);
    }
    assertThatThrownBy(() -> draw(sampler, Float.NaN, Float.NaN))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("not finite");
  }

  @Test
  void aSeedGivesTheSameDraws() {
    Sampler a = sampler(new Sampling(1, 0, 1, 0, 5L));
    Sampler b = sampler(new Sampling(1, 0, 1, 0, 5L));
    for (int i = 0; i < 100; i++) {
      assertThat(draw(a, LOGITS)).isEqualTo(draw(b, LOGITS));
    }
  }

  @Test
  void onlyAllowedTokensAreDrawn() {
    long[] allowed = {0b1010};
    Sampler sampler = sampler(new Sampling(2, 0, 1, 0, 1L));
    for (int i = 0; i < 200; i++) {
      assertThat(sampler.draw(LOGITS, allowed, SPACE)).isIn(1, 3);
    }
    Sampler banned = sampler(Sampling.GREEDY.withBias(Map.of(1, Float.NEGATIVE_INFINITY)));
    assertThat(banned.draw(LOGITS, allowed, SPACE)).isEqualTo(3);
    assertThatThrownBy(() -> banned.draw(LOGITS, new long[] {0b10}, SPACE))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("logit_bias");
  }

  @Test
  void xtcLeavesTheLeastLikelyOfTheTopChoices() {
    Sampling.Shape always = new Sampling.Shape(0, 1, 1, 0, 0, 0, new Sampling.Xtc(1, 0.15f), null);
    check(new Sampling(1, 0, 1, 0, 1L).with(always), 0, 0, 0.2 / 0.3, 0.1 / 0.3);
    Sampling.Shape half = new Sampling.Shape(0, 1, 1, 0, 0, 0, new Sampling.Xtc(0.5f, 0.15f), null);
    check(
        new Sampling(1, 0, 1, 0, 1L).with(half),
        0.2,
        0.15,
        0.1 + 0.5 * 0.2 / 0.3,
        0.05 + 0.5 * 0.1 / 0.3);
  }

  @Test
  void dryPunishesGoingOnWithARepetitionByItsLength() {
    Sampling.Dry dry = new Sampling.Dry(1, 2, 2, 0, List.of());
    int[] text = {1, 2, 3, 9, 7, 1, 2, 3}; // 9 would go on with 1 2 3
    Candidates all = shaped(dry, text, new BitSet());
    assertThat(all.logits[9]).isEqualTo(-2); // 1 · 2^(3 - 2)
    for (int v = 0; v < 9; v++) {
      assertThat(all.logits[v]).isZero();
    }
    BitSet breakers = new BitSet();
    breakers.set(2);
    assertThat(shaped(dry, text, breakers).logits[9]).isZero();
  }

  private static Candidates shaped(Sampling.Dry dry, int[] text, BitSet breakers) {
    Sampling.Penalties penalties = new Sampling.Penalties(1, 0, 0, 0, 0, dry);
    Sampler sampler = new Sampler(new Sampling(1, 0, 1, 0, 1L).with(penalties), text, breakers);
    Candidates all = new Candidates();
    all.take(new float[10], null);
    sampler.shape(all);
    return all;
  }

  @Test
  void mirostatHoldsTheSurpriseThatItAimsAt() {
    float[] logits = new float[1000];
    for (int v = 0; v < logits.length; v++) {
      logits[v] = (float) (-1.1 * Math.log(v + 1)); // Zipf, as words are
    }
    Sampling.Shape aim = new Sampling.Shape(0, 1, 1, 0, 0, 0, null, new Sampling.Mirostat(3, 0.1f));
    Sampler sampler = sampler(new Sampling(1, 0, 1, 0, 1L).with(aim));
    Candidates all = new Candidates();
    double surprise = 0;
    for (int i = 0; i < 2000; i++) {
      int drawn = sampler.draw(logits, null, all);
      double total = all.weigh();
      surprise -= Math.log(all.weights[all.find(drawn)] / total) / Math.log(2) / 2000;
    }
    // Mirostat's own control error; without it the surprise of this distribution is 6.6 bits.
    assertThat(surprise).isCloseTo(3, Offset.offset(0.3));
  }

  @Test
  void aHotterTemperatureGoesWithMoreEntropy() {
    Sampling.Shape dynamic = new Sampling.Shape(0.5f, 1, 1, 0, 0, 0, null, null);
    Candidates flat = new Candidates();
    flat.take(new float[] {1, 1, 1, 1}, null);
    sampler(new Sampling(1, 0, 1, 0, 1L).with(dynamic)).shape(flat);
    assertThat(flat.logits[0]).isCloseTo(1 / 1.5f, Offset.offset(1e-5f));
    Candidates sharp = new Candidates();
    sharp.take(new float[] {50, 1, 1, 1}, null);
    sampler(new Sampling(1, 0, 1, 0, 1L).with(dynamic)).shape(sharp);
    assertThat(sharp.logits[0]).isCloseTo(100, Offset.offset(1e-3f));
  }

  @Test
  void aStepThatIsNotInTheOrderIsNotTaken() {
    Sampling none = new Sampling(1, 1, 1, 0, 1L).withOrder(List.of(Sampling.Step.TEMPERATURE));
    check(none, 0.4, 0.3, 0.2, 0.1);
    assertThatThrownBy(() -> none.withOrder(List.of(Sampling.Step.TOP_K, Sampling.Step.TOP_K)))
        .isInstanceOf(JishiException.BadRequest.class);
  }

  @Test
  void wrongParametersAreRefusedByName() {
    Sampling s = new Sampling(1, 0, 1, 0, 1L);
    refused("temperature", () -> new Sampling(-1, 0, 1, 0, null));
    refused("top_p", () -> new Sampling(1, 0, Float.NaN, 0, null));
    refused("top_k", () -> new Sampling(1, -1, 1, 0, null));
    refused("min_p", () -> new Sampling(1, 0, 1, 1.5f, null));
    refused("logit_bias", () -> s.withBias(Map.of(3, Float.NaN)));
    refused("logit_bias", () -> s.withBias(Map.of(-3, 1f)));
    refused("repetition_penalty", () -> new Sampling.Penalties(0, 0, 0, 0, 0, null));
    refused("frequency_penalty", () -> new Sampling.Penalties(1, Float.NaN, 0, 0, 0, null));
    refused("dry_base", () -> new Sampling.Dry(1, Float.POSITIVE_INFINITY, 1, 0, List.of()));
    refused("xtc_threshold", () -> new Sampling.Xtc(1, -0.1f));
    refused("mirostat_tau", () -> new Sampling.Mirostat(Float.NaN, 0.1f));
    refused("typical_p", () -> new Sampling.Shape(0, 1, 0, 0, 0, 0, null, null));
  }

  private static void refused(
      String field, org.assertj.core.api.ThrowableAssert.ThrowingCallable c) {
    assertThatThrownBy(c)
        .isInstanceOfSatisfying(
            JishiException.BadRequest.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  @Test
  void aDrawAllocatesNothingOnceWarm() {
    float[] logits = new float[32_000];
    for (int v = 0; v < logits.length; v++) {
      logits[v] = (v * 2_654_435_761L % 1000) / 100f;
    }
    Sampling.Penalties penalties = new Sampling.Penalties(1.1f, 0, 0, 64, 0, null);
    Sampler sampler = sampler(new Sampling(0.8f, 40, 0.9f, 0.05f, 1L).with(penalties));
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (int i = 0; i < 300; i++) {
      sampler.accept(sampler.draw(logits, null, SPACE));
    }
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 100; i++) {
      sampler.accept(sampler.draw(logits, null, SPACE));
    }
    // The counter itself and, now and then, the doubling of the history.
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
  }

  /** Slow and plain: sorts everything. */
  @Property(tries = 300)
  void theCutsKeepWhatSortingWouldKeep(
      @ForAll @Size(min = 1, max = 300) List<@FloatRange(min = -20, max = 20) Float> list,
      @ForAll @IntRange(min = 1, max = 300) int k,
      @ForAll @FloatRange(min = 0.01f, max = 0.99f) float p) {
    float[] logits = new float[list.size()];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = list.get(i);
    }
    Integer[] order = new Integer[logits.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(
        order, (a, b) -> logits[a] != logits[b] ? Float.compare(logits[b], logits[a]) : a - b);
    Candidates top = new Candidates();
    top.take(logits, null);
    top.keepTop(k);
    float border = logits[order[Math.min(k, logits.length) - 1]];
    int[] expected =
        Arrays.stream(order)
            .filter(i -> logits[i] >= border)
            .mapToInt(Integer::intValue)
            .sorted()
            .toArray();
    assertThat(Arrays.copyOf(top.ids, top.count)).isEqualTo(expected);

    Candidates mass = new Candidates();
    mass.take(logits, null);
    mass.keepMass(p);
    double total = 0;
    for (float logit : logits) {
      total += Math.exp(logit - logits[order[0]]);
    }
    double sum = 0;
    for (int i = 0; i < mass.count; i++) {
      sum += Math.exp(mass.logits[i] - logits[order[0]]);
      assertThat(Arrays.asList(order).indexOf(mass.ids[i])).isLessThan(mass.count);
    }
    float least = logits[order[mass.count - 1]];
    double slack = 1e-5; // weights are floats
    assertThat(sum / total).isGreaterThanOrEqualTo(p - slack);
    assertThat((sum - Math.exp(least - logits[order[0]])) / total).isLessThan(p + slack);
  }

  private static final Candidates SPACE = new Candidates();

  private static Sampler sampler(Sampling sampling) {
    return new Sampler(sampling, new int[0], new BitSet());
  }

  private static int draw(Sampler sampler, float... logits) {
    return sampler.draw(logits, null, SPACE);
  }

  private static void check(Sampling sampling, double... expected) {
    Sampler sampler = sampler(sampling);
    int[] counts = new int[expected.length];
    for (int i = 0; i < DRAWS; i++) {
      counts[draw(sampler, LOGITS)]++;
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
