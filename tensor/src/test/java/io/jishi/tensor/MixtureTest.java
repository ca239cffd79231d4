// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MixtureTest {
  /** Sums of some twenty products of order one. */
  private static final double FLOAT_ERROR = 2e-5;

  private static final int EXPERTS = 6;
  private static final int WIDTH = 32;
  private static final int INNER = 16;
  private static final int TOKENS = 9;

  @ParameterizedTest
  @CsvSource({
    "SOFTMAX,false,false,1,1,1",
    "SOFTMAX,true,true,1,1,1",
    "SOFTMAX_CHOSEN,false,false,1,1,1",
    "SIGMOID,true,true,1,1,2.5",
    "SIGMOID,true,true,3,2,2.5",
    "SOFTMAX,false,false,2,1,1"
  })
  void eachTokenGetsTheWeightedSumOfItsExperts(
      Routing.Scoring scoring,
      boolean normalise,
      boolean biased,
      int groups,
      int open,
      float scale) {
    Weight bias = biased ? Oracle.weight(1, EXPERTS, .5, 5) : null;
    int top = groups == 3 ? 2 : 1;
    Routing routing = new Routing(EXPERTS, 2, scoring, bias, groups, open, top, normalise, scale);
    Weight router = Oracle.weight(EXPERTS, WIDTH, 0.3, 6);
    List<FeedForward> experts = experts();
    float[][] x = LinearTest.randomRows(TOKENS, WIDTH, 7);
    double[][] expected = new double[TOKENS][WIDTH];
    for (int t = 0; t < TOKENS; t++) {
      double[] weights = naive(routing, bias, products(router, x[t]));
      for (int e = 0; e < EXPERTS; e++) {
        if (weights[e] != 0) {
          double[] y = run(experts.get(e), x[t]);
          for (int i = 0; i < WIDTH; i++) {
            expected[t][i] += weights[e] * y[i];
          }
        }
      }
    }
    Mixture mixture = new Mixture(Linear.of(router), routing, experts);
    Tensor in = Oracle.tensor(x);
    float[][] together = Oracle.run(TOKENS, (ops, b) -> ops.mixture(in, mixture, Precision.EXACT));
    Oracle.close(together, expected, FLOAT_ERROR);
    for (int t = 0; t < TOKENS; t++) {
      Tensor one = Oracle.tensor(new float[][] {x[t]});
      float[][] alone = Oracle.run(1, (ops, b) -> ops.mixture(one, mixture, Precision.EXACT));
      assertThat(alone[0]).isEqualTo(together[t]);
    }
  }

  @Test
  void expertsThatNobodyChoosesAreNotRead() {
    Weight bias = Oracle.weight(1, EXPERTS, 9f, 9f, 0f, 0f, 0f, 0f);
    Routing routing = new Routing(EXPERTS, 2, Routing.Scoring.SIGMOID, bias, 1, 1, 1, true, 1);
    List<FeedForward> experts = new ArrayList<>(experts());
    float[] nothing = new float[2 * INNER * WIDTH];
    Arrays.fill(nothing, Float.NaN);
    Linear poison = Linear.of(Oracle.weight(2 * INNER, WIDTH, nothing));
    for (int e = 2; e < EXPERTS; e++) {
      experts.set(e, new FeedForward(poison, experts.get(e).down(), Activation.SILU));
    }
    Mixture mixture =
        new Mixture(Linear.of(Oracle.weight(EXPERTS, WIDTH, 0.3, 6)), routing, experts);
    Tensor in = Oracle.tensor(LinearTest.randomRows(TOKENS, WIDTH, 7));
    for (float[] row : Oracle.run(TOKENS, (ops, b) -> ops.mixture(in, mixture, Precision.EXACT))) {
      for (float value : row) {
        assertThat(value).isFinite();
      }
    }
  }

  @Test
  void choicesThatCannotBeAreRefused() {
    assertThatThrownBy(() -> new Routing(4, 5, Routing.Scoring.SOFTMAX, null, 1, 1, 1, false, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Routing(8, 3, Routing.Scoring.SOFTMAX, null, 4, 1, 1, false, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Routing(8, 2, Routing.Scoring.SOFTMAX, null, 3, 1, 1, false, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static List<FeedForward> experts() {
    return IntStream.range(0, EXPERTS)
        .mapToObj(
            e ->
                new FeedForward(
                    Linear.of(Oracle.weight(2 * INNER, WIDTH, 0.2, 10 + e)),
                    Linear.of(Oracle.weight(WIDTH, INNER, 0.2, 30 + e)),
                    Activation.SILU))
        .toList();
  }

  private static double[] products(Weight weight, float[] x) {
    double[] y = new double[weight.rows()];
    for (int r = 0; r < y.length; r++) {
      float[] row = Oracle.row(weight, r);
      for (int i = 0; i < x.length; i++) {
        y[r] += (double) row[i] * x[i];
      }
    }
    return y;
  }

  private static double[] run(FeedForward layer, float[] x) {
    double[] both = products(layer.gateUp().weights().getFirst(), x);
    float[] inner = new float[INNER];
    for (int i = 0; i < INNER; i++) {
      inner[i] = (float) (both[i] / (1 + Math.exp(-both[i])) * both[INNER + i]);
    }
    return products(layer.down().weights().getFirst(), inner);
  }

  private static double[] naive(Routing routing, Weight bias, double[] products) {
    double all = Arrays.stream(products).map(Math::exp).sum();
    double[] scores =
        Arrays.stream(products)
            .map(
                p ->
                    switch (routing.scoring()) {
                      case SOFTMAX -> Math.exp(p) / all;
                      case SOFTMAX_CHOSEN -> p;
                      case SIGMOID -> 1 / (1 + Math.exp(-p));
                    })
            .toArray();
    double[] ranks = scores.clone();
    for (int e = 0; bias != null && e < EXPERTS; e++) {
      ranks[e] += Oracle.row(bias, 0)[e];
    }
    int size = EXPERTS / routing.groups();
    Comparator<Integer> byGroup =
        Comparator.comparingDouble(
            g ->
                -IntStream.range(g * size, (g + 1) * size)
                    .mapToDouble(e -> -ranks[e])
                    .sorted()
                    .limit(routing.groupTop())
                    .map(v -> -v)
                    .sum());
    List<Integer> open =
        IntStream.range(0, routing.groups())
            .boxed()
            .sorted(byGroup)
            .limit(routing.openGroups())
            .toList();
    List<Integer> chosen =
        IntStream.range(0, EXPERTS)
            .boxed()
            .filter(e -> open.contains(e / size))
            .sorted(Comparator.comparingDouble(e -> -ranks[e]))
            .limit(routing.chosen())
            .toList();
    double sum =
        chosen.stream()
            .mapToDouble(
                e ->
                    routing.scoring() == Routing.Scoring.SOFTMAX_CHOSEN
                        ? Math.exp(scores[e])
                        : scores[e])
            .sum();
    double[] weights = new double[EXPERTS];
    for (int e : chosen) {
      double w =
          routing.scoring() == Routing.Scoring.SOFTMAX_CHOSEN
              ? Math.exp(scores[e]) / sum
              : routing.normalise() ? scores[e] / sum : scores[e];
      weights[e] = w * routing.scale();
    }
    return weights;
  }
}
