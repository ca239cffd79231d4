// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jishi.model.Model;
import io.jishi.tensor.Backend;
import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Routing;
import io.jishi.tensor.Tensor;
import io.jishi.train.loss.TokenLoss;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Load balancing of mixtures, and what of them cannot be trained. */
class MixtureTrainingTest {
  /** Of the balance's own size; it is a mean over few tokens in single precision. */
  private static final double ERROR = 2e-3;

  private static final int DIRECTIONS = 4;

  private static final float BIAS_STEP = 0.5f; // a power of two: exact from zero

  /** All experts are chosen, so that no step changes the choice. */
  @ParameterizedTest
  @EnumSource(Routing.Scoring.class)
  void theGradientOfTheBalanceIsThatOfFiniteDifferences(Routing.Scoring scoring) {
    try (GradientTest.Bench b = new GradientTest.Bench();
        Machine machine = new Machine(Backend.cpu(), 0, MatrixProducts.Inputs.FP32)) {
      b.batch.addSpan(b.random.ints(15, 0, 11).toArray(), 0, 15, 15);
      b.tape = new Tape(b.parameters, b.adapters);
      b.tape.begin(b.batch);
      Tensor x = b.tape.input(15, 6);
      Routing routing = new Routing(4, 2, scoring, null, 1, 1, 1, false, 1);
      var mixture = MoreGradients.mixture(b, routing, true);
      // Products far apart, so that a small step changes no choice.
      for (int i = 0; i < 4; i++) {
        b.parameters.byName().get("routerBias").data().setAtIndex(ValueLayout.JAVA_FLOAT, i, 3 * i);
      }
      Tensor y = b.tape.mixture(x, mixture, Precision.EXACT);
      Value in = b.tape.value(x);
      Value out = b.tape.value(y);
      try (Program program = new Program(b.tape, List.of(out), false)) {
        program.allocate();
        machine.reserve(program.scratchBytes());
        float[] start = GradientTest.random(b, 15 * 6);
        double still = balance(program, machine, in, start);
        assertThat(still).isGreaterThan(1);
        program.beginBackward();
        program.balance(1);
        b.parameters.list().forEach(Trainable::clear);
        program.backward(machine);
        float[] dx = GradientTest.floats(in.gradient());
        Trainable router = b.parameters.byName().get("router");
        float[] dw = GradientTest.floats(router.summed());
        for (int d = 0; d < DIRECTIONS; d++) {
          float[] direction = GradientTest.random(b, dx.length);
          double step = GradientTest.STEP;
          double up = balance(program, machine, in, GradientTest.moved(start, direction, step));
          double down = balance(program, machine, in, GradientTest.moved(start, direction, -step));
          GradientTest.agree("balance: input", dx, direction, (up - down) / (2 * step));
        }
        float[] w = GradientTest.floats(router.data());
        float[] direction = GradientTest.random(b, w.length);
        GradientTest.set(router, GradientTest.moved(w, direction, GradientTest.STEP));
        double up = balance(program, machine, in, start);
        GradientTest.set(router, GradientTest.moved(w, direction, -GradientTest.STEP));
        double down = balance(program, machine, in, start);
        GradientTest.agree("balance: router", dw, direction, (up - down) / (2 * GradientTest.STEP));
      }
    }
  }

  private static double balance(Program program, Machine machine, Value in, float[] x) {
    Rows.write(x, in.data(), 0, x.length);
    program.forward(machine);
    return program.imbalance();
  }

  @Test
  void expertsThatAreUsedAlikeHaveABalanceOfOne() {
    Routing routing = new Routing(4, 4, Routing.Scoring.SOFTMAX, null, 1, 1, 1, false, 1);
    double[] shares = Balance.shares(new int[] {0, 1, 2, 3, 0, 1, 2, 3}, 4);
    float[] products = {2, -1, 0.5f, 0};
    assertThat(Balance.token(routing, shares, products, 0, 0, null)).isCloseTo(1, within(ERROR));
    double[] all = Balance.shares(new int[] {0, 0, 0, 0}, 4);
    float[] sure = {50, 0, 0, 0};
    assertThat(Balance.token(routing, all, sure, 0, 0, null)).isCloseTo(4, within(ERROR));
  }

  @Test
  void theBalancingLossSpreadsTheChoiceWhileTheBatchIsLearned() {
    double[] without = imbalance(0);
    double[] with = imbalance(0.3);
    assertThat(with[0]).as("the start is the same").isEqualTo(without[0]);
    assertThat(with[1]).isLessThan(without[1]).isLessThan(with[0]);
  }

  /** Before and after some steps. */
  private static double[] imbalance(double balance) {
    TrainerOptions options =
        new TrainerOptions(0, MatrixProducts.Inputs.FP32, false, 1, balance, 0);
    try (Parameters parameters = new Parameters(_ -> true);
        Model model = Model.open(folder("gpt_oss"), Backend.cpu(), parameters::place)) {
      // A router that prefers one expert.
      parameters.list().stream()
          .filter(t -> t.name().endsWith("router.bias"))
          .forEach(
              t -> {
                t.data().setAtIndex(ValueLayout.JAVA_FLOAT, 0, 2);
                t.changed();
              });
      try (Trainer trainer =
          FamilyTrainingTest.trainer(model, parameters, TokenLoss.plain(), options)) {
        Examples examples = FamilyTrainingTest.examples(model.decoder().spec().vocabulary());
        double first = trainer.evaluate(examples);
        double start = trainer.imbalance();
        for (int s = 0; s < 15; s++) {
          trainer.step(examples, 1e-2);
        }
        assertThat(trainer.evaluate(examples)).isLessThan(first / 2);
        return new double[] {start, trainer.imbalance()};
      }
    }
  }

  @Test
  void biasesOfAChoiceRiseForExpertsThatGotLittleAndNothingElseChanges() {
    Map<String, float[]> still = afterOneStep(0, null);
    Map<String, float[]> start = new HashMap<>();
    Map<String, float[]> moved = afterOneStep(BIAS_STEP, start);
    int[] signs = new int[3];
    moved.forEach(
        (name, now) -> {
          if (!name.endsWith("e_score_correction_bias")) {
            assertThat(now).as(name).isEqualTo(still.get(name));
            return;
          }
          float[] before = start.get(name);
          assertThat(still.get(name)).isEqualTo(before);
          for (int e = 0; e < now.length; e++) {
            float step = now[e] - before[e];
            signs[step > 0 ? 2 : step < 0 ? 0 : 1]++;
            assertThat(Math.abs(step)).isIn(0f, BIAS_STEP);
          }
        });
    assertThat(signs[0]).as("experts that got too much").isPositive();
    assertThat(signs[2]).as("experts that got too little").isPositive();
  }

  /** All that learns after a step; the biases of choices, all zero at first, go into start. */
  private static Map<String, float[]> afterOneStep(float rate, Map<String, float[]> start) {
    TrainerOptions options = new TrainerOptions(0, MatrixProducts.Inputs.FP32, false, 1, 0, rate);
    try (Parameters parameters = new Parameters(_ -> true);
        Model model = Model.open(folder("glm4_moe"), Backend.cpu(), parameters::place)) {
      for (Trainable t : parameters.list()) {
        if (t.name().endsWith("e_score_correction_bias")) {
          t.data().fill((byte) 0);
          t.changed();
        }
        if (start != null) {
          start.put(t.name(), GradientTest.floats(t.data()));
        }
      }
      try (Trainer trainer =
          FamilyTrainingTest.trainer(model, parameters, TokenLoss.plain(), options)) {
        trainer.step(FamilyTrainingTest.examples(model.decoder().spec().vocabulary()), 1e-3);
        Map<String, float[]> after = new HashMap<>();
        parameters.list().forEach(t -> after.put(t.name(), GradientTest.floats(t.data())));
        return after;
      }
    }
  }

  /** A token whose router gives no numbers still takes as many experts as all others. */
  @ParameterizedTest
  @EnumSource(Routing.Scoring.class)
  void aChoiceAmongNoNumbersIsWholeAndNeverPrefersThem(Routing.Scoring scoring) {
    Choice choice = new Choice(new Routing(4, 2, scoring, null, 2, 1, 1, false, 1));
    choice.choose(new float[] {Float.NaN, Float.NaN, Float.NaN, Float.NaN}, 0);
    assertThat(choice.ids).doesNotHaveDuplicates().hasSize(2);
    if (scoring != Routing.Scoring.SOFTMAX) { // whose sum makes all of them no numbers
      choice.choose(new float[] {Float.NaN, 1, 2, -1}, 0);
      assertThat(choice.ids).containsExactly(2, 3);
    }
  }

  static Path folder(String family) {
    return Path.of("../model/src/test/resources/goldens").resolve(family);
  }
}
