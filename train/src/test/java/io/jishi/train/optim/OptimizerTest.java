// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jishi.tensor.Backend;
import io.jishi.tensor.MatrixProducts;
import io.jishi.train.tape.Machine;
import io.jishi.train.tape.Parameters;
import io.jishi.train.tape.Trainable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** Optimisers against their formulas in double precision; schedules at their corners. */
class OptimizerTest {
  /** A few FP32 roundings of values near 1. */
  private static final double ROUNDING = 1e-6;

  /** Five Newton–Schulz steps with these coefficients bring singular values to 0.7 … 1.2. */
  private static final double LEAST_SINGULAR = 0.6;

  private static final double GREATEST_SINGULAR = 1.3;

  private static void fill(SplittableRandom random, Trainable t, boolean gradient) {
    var to = gradient ? t.summed() : t.data();
    for (int i = 0; i < t.count(); i++) {
      to.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
    }
  }

  private static double[] values(Trainable t, boolean gradient) {
    double[] out = new double[(int) t.count()];
    for (int i = 0; i < out.length; i++) {
      out[i] = (gradient ? t.gradient() : t.data()).getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }
    return out;
  }

  private static Machine machine() {
    return new Machine(Backend.cpu(), 0, MatrixProducts.Inputs.FP32);
  }

  @Test
  void lionStepsBySignsAndDecaysMatricesAlone() {
    try (Parameters p = new Parameters(_ -> true);
        Machine machine = machine()) {
      SplittableRandom random = new SplittableRandom(1);
      List<Trainable> all = List.of(p.add("m", 70, 9), p.add("v", 1, 9));
      all.forEach(t -> fill(random, t, false));
      double[][] w = {values(all.get(0), false), values(all.get(1), false)};
      double[][] m = {new double[70 * 9], new double[9]};
      try (Lion lion = new Lion(all, machine, new Lion.Options(0.9, 0.99, 0.5))) {
        for (int s = 0; s < 3; s++) {
          all.forEach(t -> fill(random, t, true));
          for (int k = 0; k < 2; k++) {
            double[] g = values(all.get(k), true);
            for (int i = 0; i < g.length; i++) {
              double direction = Math.signum(0.9 * m[k][i] + 0.1 * g[i] * 0.5);
              w[k][i] -= 0.01 * (direction + (k == 0 ? 0.5 : 0) * w[k][i]);
              m[k][i] = 0.99 * m[k][i] + 0.01 * g[i] * 0.5;
            }
          }
          lion.step(0.01, 0.5);
        }
      }
      for (int k = 0; k < 2; k++) {
        double[] now = values(all.get(k), false);
        for (int i = 0; i < now.length; i++) {
          assertThat(now[i]).isCloseTo(w[k][i], within(ROUNDING));
        }
      }
    }
  }

  @Test
  void muonMovesAllDirectionsOfAMatrixAtOnePace() {
    for (int[] shape : new int[][] {{12, 20}, {20, 12}, {8, 8}}) {
      try (Parameters p = new Parameters(_ -> true);
          Machine machine = machine()) {
        SplittableRandom random = new SplittableRandom(4);
        Trainable t = p.add("m", shape[0], shape[1]);
        fill(random, t, true);
        Muon.Options options = new Muon.Options(0.95, 0, 1, AdamW.Options.DEFAULT);
        try (Muon muon = new Muon(List.of(t), _ -> false, machine, options)) {
          muon.step(1, 1);
        }
        double shapeFactor = Math.sqrt(Math.max(1, (double) shape[0] / shape[1]));
        double[] singular = singular(values(t, false), shape[0], shape[1], random);
        assertThat(singular[0] / shapeFactor).isBetween(LEAST_SINGULAR, GREATEST_SINGULAR);
        assertThat(singular[1] / shapeFactor).isBetween(LEAST_SINGULAR, GREATEST_SINGULAR);
        double along = 0;
        double[] g = values(t, true);
        double[] w = values(t, false);
        for (int i = 0; i < g.length; i++) {
          along += g[i] * w[i];
        }
        assertThat(along).isNegative();
      }
    }
  }

  /** Three experts of a tensor learn what each of them learns alone. */
  @Test
  void muonTakesEachMatrixOfAStackOnItsOwn() {
    for (int[] shape : new int[][] {{12, 20}, {20, 12}}) {
      int size = shape[0] * shape[1];
      try (Parameters p = new Parameters(_ -> true);
          Machine machine = machine()) {
        SplittableRandom random = new SplittableRandom(11);
        Trainable stack = p.add("experts", 3 * shape[0], shape[1], 3);
        List<Trainable> alone = new ArrayList<>();
        for (int e = 0; e < 3; e++) {
          alone.add(p.add("expert" + e, shape[0], shape[1]));
        }
        fill(random, stack, false);
        parts(stack, alone, size, false);
        try (Muon together = new Muon(List.of(stack), _ -> false, machine, Muon.Options.DEFAULT);
            Muon apart = new Muon(alone, _ -> false, machine, Muon.Options.DEFAULT)) {
          for (int s = 0; s < 3; s++) {
            fill(random, stack, true);
            parts(stack, alone, size, true);
            together.step(0.02, 1);
            apart.step(0.02, 1);
          }
        }
        double[] now = values(stack, false);
        for (int e = 0; e < 3; e++) {
          assertThat(Arrays.copyOfRange(now, e * size, (e + 1) * size))
              .isEqualTo(values(alone.get(e), false));
        }
      }
    }
  }

  private static void parts(Trainable stack, List<Trainable> to, int size, boolean gradient) {
    for (int e = 0; e < to.size(); e++) {
      MemorySegment from = gradient ? stack.gradient() : stack.data();
      MemorySegment target = gradient ? to.get(e).gradient() : to.get(e).data();
      target.copyFrom(from.asSlice(4L * e * size, 4L * size));
    }
  }

  @Test
  void stacksOfVectorsAreAdamWs() {
    try (Parameters p = new Parameters(_ -> true);
        Machine machine = machine()) {
      Trainable taps = p.add("conv1d.weight", 6, 4, 6); // published as [6, 1, 4]
      try (Muon muon = new Muon(List.of(taps), _ -> false, machine, Muon.Options.DEFAULT)) {
        assertThat(muon.state()).extracting(StateBuffer::name).contains("conv1d.weight.square");
      }
    }
  }

  /** The least and the greatest stretch of the shorter side's space, by power iteration. */
  private static double[] singular(double[] w, int rows, int cols, SplittableRandom random) {
    int n = Math.min(rows, cols);
    double[][] gram = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        for (int k = 0; k < Math.max(rows, cols); k++) {
          gram[i][j] +=
              rows <= cols ? w[i * cols + k] * w[j * cols + k] : w[k * cols + i] * w[k * cols + j];
        }
      }
    }
    double most = eigenvalue(gram, 0, random);
    double least = most + 1 - eigenvalue(gram, most + 1, random);
    return new double[] {Math.sqrt(least), Math.sqrt(most)};
  }

  /** The greatest eigenvalue of {@code gram}, or of {@code shift − gram}. */
  private static double eigenvalue(double[][] gram, double shift, SplittableRandom random) {
    int n = gram.length;
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = random.nextGaussian();
    }
    double norm = 0;
    for (int it = 0; it < 2000; it++) {
      double[] y = new double[n];
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          y[i] += (shift == 0 ? gram[i][j] : (i == j ? shift : 0) - gram[i][j]) * x[j];
        }
      }
      norm = 0;
      for (double v : y) {
        norm += v * v;
      }
      norm = Math.sqrt(norm);
      for (int i = 0; i < n; i++) {
        x[i] = y[i] / norm;
      }
    }
    return norm;
  }

  @Test
  void anOptimiserGoesOnFromItsStateAsIfNothingHadBeen() {
    List<BiFunction<List<Trainable>, Machine, Optimizer>> makers =
        List.of(
            (l, m) -> new AdamW(l, m, AdamW.Options.DEFAULT),
            (l, m) -> new Lion(l, m, Lion.Options.DEFAULT),
            (l, m) -> new Muon(l, t -> t.name().equals("table"), m, Muon.Options.DEFAULT));
    for (var maker : makers) {
      try (Parameters p = new Parameters(_ -> true);
          Machine machine = machine()) {
        SplittableRandom random = new SplittableRandom(6);
        List<Trainable> all = List.of(p.add("m", 7, 5), p.add("table", 9, 5), p.add("v", 1, 5));
        all.forEach(t -> fill(random, t, false));
        try (Optimizer first = maker.apply(all, machine);
            Optimizer second = maker.apply(all, machine)) {
          all.forEach(t -> fill(random, t, true));
          first.step(0.01, 1);
          for (int i = 0; i < first.state().size(); i++) {
            StateBuffer from = first.state().get(i);
            assertThat(second.state().get(i).name()).isEqualTo(from.name());
            second.state().get(i).data().copyFrom(from.data());
          }
          second.restore(first.steps());
          double[][] before = all.stream().map(t -> values(t, false)).toArray(double[][]::new);
          first.step(0.01, 1);
          double[][] after = all.stream().map(t -> values(t, false)).toArray(double[][]::new);
          for (int k = 0; k < before.length; k++) {
            for (int i = 0; i < before[k].length; i++) {
              all.get(k).data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) before[k][i]);
            }
          }
          second.step(0.01, 1);
          assertThat(all.stream().map(t -> values(t, false)).toArray(double[][]::new))
              .isEqualTo(after);
          assertThat(after).isNotEqualTo(before);
        }
      }
    }
  }

  @Test
  void anAverageFollowsAndCanTakeTheWeightsPlace() {
    try (Parameters p = new Parameters(_ -> true);
        Machine machine = machine()) {
      Trainable t = p.add("m", 2, 3);
      try (Average average = new Average(List.of(t), machine, 0.75)) {
        for (int i = 0; i < 6; i++) {
          t.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, 4 * i);
        }
        average.update();
        average.swap();
        assertThat(values(t, false)).containsExactly(0, 1, 2, 3, 4, 5);
        average.swap();
        assertThat(values(t, false)).containsExactly(0, 4, 8, 12, 16, 20);
      }
    }
  }

  @Test
  void schedulesRiseHoldAndFall() {
    Schedule wsd = new Schedule.WarmupStableDecay(4, 10, 100, 0.1);
    assertThat(wsd.factor(0)).isEqualTo(0.25);
    assertThat(wsd.factor(3)).isEqualTo(1);
    assertThat(wsd.factor(90)).isEqualTo(1);
    assertThat(wsd.factor(95)).isCloseTo(0.1 + 0.9 * (1 - Math.sqrt(0.5)), within(1e-12));
    assertThat(wsd.factor(100)).isCloseTo(0.1, within(1e-12));
    Schedule cosine = new Schedule.Cosine(5, 20, 0.1);
    assertThat(cosine.factor(0)).isEqualTo(0.2);
    assertThat(cosine.factor(6)).isCloseTo(0.002970499 / 0.003, within(1e-6)); // of the reference
    Schedule linear = new Schedule.Linear(0, 10, 0);
    assertThat(linear.factor(5)).isEqualTo(0.5);
    assertThat(linear.factor(12)).isEqualTo(0);
  }

  @Test
  void theDialFollowsThePublishedLaws() {
    Defaults d = Defaults.of(7_000_000, 200e6);
    assertThat(d.batchTokens()).isEqualTo(Math.round(0.58 * Math.pow(200e6, 0.571)));
    assertThat(d.learningRate())
        .isCloseTo(1.79 * Math.pow(7e6, -0.713) * Math.pow(200e6, 0.307), within(1e-12));
    assertThat(Defaults.of(10_000_000, 7_000_000).tokens()).isEqualTo(200_000_000);
  }
}
