// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.model.Model;
import io.jishi.model.safetensors.SafetensorsFile;
import io.jishi.tensor.Backend;
import io.jishi.train.optim.AdamW;
import io.jishi.train.tape.Examples;
import io.jishi.train.tape.Golden;
import io.jishi.train.tape.Loss;
import io.jishi.train.tape.Parameters;
import io.jishi.train.tape.States;
import io.jishi.train.tape.Targets;
import io.jishi.train.tape.Trainable;
import io.jishi.train.tape.Trainer;
import io.jishi.train.tape.TrainerOptions;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Losses against the reference and against finite differences through the whole model. */
class LossTest {
  /** Values are given with seven digits. */
  private static final double GOLDEN_ERROR = 1e-6;

  /** Small against the weights of the model, of which embeddings are about 0.1. */
  private static final double STEP = 1e-4;

  /** Of the product of the norms of gradient and direction, through two layers in FP32. */
  private static final double ERROR = 5e-3;

  private static final class Run implements AutoCloseable {
    final Parameters parameters = new Parameters(_ -> true);
    final Model model = Model.open(Golden.folder(), Backend.cpu(), parameters::place);
    final Trainer trainer;

    Run(Loss loss) {
      trainer =
          new Trainer(
              model.decoder(),
              parameters,
              Map.of(),
              loss,
              (list, m) -> new AdamW(list, m, AdamW.Options.DEFAULT),
              Backend.cpu(),
              TrainerOptions.DEFAULT);
    }

    @Override
    public void close() {
      trainer.close();
      model.close();
      parameters.close();
    }
  }

  private static float[] floats(MemorySegment from) {
    float[] to = new float[(int) (from.byteSize() / 4)];
    MemorySegment.copy(from, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, to, 0, to.length);
    return to;
  }

  private static void add(Trainable t, float[] direction, double step) {
    for (int i = 0; i < direction.length; i++) {
      float value = t.data().getAtIndex(ValueLayout.JAVA_FLOAT, i);
      t.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (value + step * direction[i]));
    }
    t.changed();
  }

  /** The gradients of a loss along a random direction of all weights at once, for some seeds. */
  private static void agree(Loss loss, Examples examples) {
    try (Run run = new Run(loss)) {
      SplittableRandom random = new SplittableRandom(3);
      for (Trainable t : run.trainer.trained()) {
        if (t.name().startsWith("head")) { // zero at the start, so that nothing would flow
          float[] start = new float[(int) t.count()];
          for (int i = 0; i < start.length; i++) {
            start[i] = (float) random.nextGaussian();
          }
          add(t, start, 0.3);
        }
      }
      double loss0 = run.trainer.accumulate(examples, run.trainer.total(examples));
      assertThat(run.trainer.evaluate(examples)).isCloseTo(loss0, within(1e-6));
      for (Trainable t : run.trainer.trained()) {
        float[] gradient = floats(t.summed());
        float[] direction = new float[gradient.length];
        double dot = 0;
        double g = 0;
        double d = 0;
        for (int i = 0; i < direction.length; i++) {
          // Half along the gradient, so that the difference stands out of rounding.
          direction[i] = (float) random.nextGaussian();
          g += gradient[i] * (double) gradient[i];
        }
        for (int i = 0; i < direction.length; i++) {
          direction[i] =
              (float) (direction[i] * 0.1 + gradient[i] / Math.sqrt(g / gradient.length + 1e-30));
          dot += gradient[i] * (double) direction[i];
          d += direction[i] * (double) direction[i];
        }
        add(t, direction, STEP);
        double up = run.trainer.evaluate(examples);
        add(t, direction, -2 * STEP);
        double down = run.trainer.evaluate(examples);
        add(t, direction, STEP);
        double rounding = 2e-6 / STEP; // of the loss, in FP32
        assertThat(dot)
            .as(t.name())
            .isCloseTo((up - down) / (2 * STEP), within(ERROR * Math.sqrt(g * d) + rounding));
      }
    }
  }

  private static Examples withTargets(Targets targets) {
    Examples batch = Golden.batch(0);
    return new Examples(batch.tokens(), batch.bounds(), Map.of("head", targets));
  }

  private static Targets values(Examples of, int[] labels) {
    float[] values = new float[of.tokens().length];
    float[] weights = new float[values.length];
    for (int t = 0; t < values.length; t++) {
      values[t] = (t % 7) - 3;
      weights[t] = t % 3;
    }
    return new Targets(labels, weights, values);
  }

  @Test
  void tokensWithZLossAndWeightsHaveTheirGradient() {
    Examples batch = Golden.batch(1);
    Targets targets = new Targets(batch.targets("").labels(), null, null);
    float[] weights = new float[batch.tokens().length];
    for (int t = 0; t < weights.length; t++) {
      weights[t] = t % 2 == 0 ? 0 : 1 + t % 3; // rows that do not stand side by side
    }
    Targets weighted = new Targets(targets.labels(), weights, null);
    agree(
        new TokenLoss("head", 1e-2),
        new Examples(batch.tokens(), batch.bounds(), Map.of("head", weighted)));
  }

  @Test
  void aNumberOfAWholeSpanHasItsGradient() {
    Examples batch = Golden.batch(0);
    Targets targets = values(batch, null);
    agree(
        new PooledLoss("head", 0, PooledLoss.Pooling.MEAN, 1),
        withTargets(new Targets(null, null, targets.values())));
  }

  @Test
  void valuesOfTokensHaveTheirGradient() {
    agree(
        new PooledLoss("head", States.LAST, PooledLoss.Pooling.TOKEN, 1),
        withTargets(values(Golden.batch(0), null)));
  }

  @Test
  void classesBesideTokensHaveTheirGradients() {
    Examples batch = Golden.batch(2);
    int[] classes = new int[batch.tokens().length];
    java.util.Arrays.fill(classes, 2);
    Loss both =
        new SumLoss(
            List.of(
                new SumLoss.Term(0.5, new PooledLoss("head", 1, PooledLoss.Pooling.LAST, 4)),
                new SumLoss.Term(2, new TokenLoss("", 0))));
    agree(
        both,
        new Examples(
            batch.tokens(),
            batch.bounds(),
            Map.of("head", Targets.of(classes), "", batch.targets(""))));
  }

  @Test
  void preferencesHaveTheirGradient() {
    Examples batch = Golden.batch(0);
    int[] bounds = {0, 30, batch.tokens().length};
    float[] values = new float[batch.tokens().length];
    values[29] = -60;
    values[values.length - 1] = -80;
    Targets targets = new Targets(batch.targets("").labels(), null, values);
    agree(
        new PreferenceLoss("head", 0.1),
        new Examples(batch.tokens(), bounds, Map.of("head", targets)));
  }

  @Test
  void aTeachersLogitsHaveTheirGradient() {
    DistillationLoss.Teacher teacher =
        (examples, token, out) -> {
          for (int i = 0; i < 211; i++) {
            out[i] = (float) Math.sin(token + 3 * i);
          }
        };
    agree(new DistillationLoss("head", 2, teacher), withTargets(Golden.batch(0).targets("")));
  }

  @Test
  void distillationIsThatOfTheReference() {
    try (SafetensorsFile golden = Golden.tensors()) {
      float[] student = floats(golden.tensors().get("distill.student_logits").data());
      float[] teacher = floats(golden.tensors().get("distill.teacher_logits").data());
      float[] gradient = floats(golden.tensors().get("distill.grad").data());
      int rows = 21;
      int n = 211;
      double sum = 0;
      for (int r = 0; r < rows; r++) {
        float[] s = java.util.Arrays.copyOfRange(student, r * n, r * n + n);
        float[] t = java.util.Arrays.copyOfRange(teacher, r * n, r * n + n);
        sum += DistillationLoss.row(s, t, n, 2, 1.0 / rows) / rows;
        for (int i = 0; i < n; i++) {
          assertThat((double) s[i]).isCloseTo(gradient[r * n + i], within(GOLDEN_ERROR));
        }
      }
      assertThat(sum).isCloseTo(0.5020888, within(GOLDEN_ERROR));
    }
  }

  @Test
  void preferencesAreThoseOfTheReference() {
    JsonObject dpo = Golden.json().object("dpo").orElseThrow();
    double beta = 0.1;
    double[][] policy = {{-11.0, -16.0}, {-31.0, -28.5}};
    double[][] reference = {{-12.0, -15.5}, {-30.25, -28.0}};
    double[] expected = {-0.02312851, -0.02531248};
    double sum = 0;
    for (int p = 0; p < 2; p++) {
      double margin = beta * (policy[p][0] - reference[p][0] - (policy[p][1] - reference[p][1]));
      sum += PreferenceLoss.loss(margin) / 2;
      assertThat(beta * PreferenceLoss.slope(margin) / 2)
          .isCloseTo(expected[p], within(GOLDEN_ERROR));
    }
    assertThat(sum).isCloseTo(dpo.number("loss").orElseThrow(), within(GOLDEN_ERROR));
  }

  @Test
  void aClassThatThereIsNotIsRefused() {
    int[] classes = new int[Golden.batch(0).tokens().length];
    java.util.Arrays.fill(classes, 9);
    try (Run run = new Run(new PooledLoss("head", 1, PooledLoss.Pooling.LAST, 4))) {
      assertThatThrownBy(() -> run.trainer.step(withTargets(Targets.of(classes)), 1e-3))
          .isInstanceOf(JishiException.BadRequest.class)
          .hasMessageContaining("class 9");
    }
  }

  @Test
  void gradientsOfTwoBatchesAddUpToThoseOfBothTogether() {
    try (Run run = new Run(TokenLoss.plain())) {
      Examples one = Golden.batch(0);
      Examples two = Golden.batch(1);
      double total = run.trainer.total(one) + run.trainer.total(two);
      run.trainer.accumulate(one, total);
      run.trainer.accumulate(two, total);
      float[] apart = floats(run.trainer.trained().getFirst().gradient());
      run.trainer.clear();
      int n = one.tokens().length;
      int[] tokens = java.util.Arrays.copyOf(one.tokens(), 2 * n);
      int[] labels = java.util.Arrays.copyOf(one.targets("").labels(), 2 * n);
      System.arraycopy(two.tokens(), 0, tokens, n, n);
      System.arraycopy(two.targets("").labels(), 0, labels, n, n);
      run.trainer.accumulate(
          Examples.of(tokens, new int[] {0, 21, 42, 63, 84, 105, 126}, labels), total);
      float[] together = floats(run.trainer.trained().getFirst().gradient());
      for (int i = 0; i < apart.length; i++) {
        assertThat(apart[i]).isCloseTo(together[i], within(1e-6f));
      }
    }
  }
}
