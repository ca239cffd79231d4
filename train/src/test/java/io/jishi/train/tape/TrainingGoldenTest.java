// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.JsonObject;
import io.jishi.model.Model;
import io.jishi.model.safetensors.SafetensorsFile;
import io.jishi.tensor.Backend;
import io.jishi.tensor.MatrixProducts;
import io.jishi.train.adapt.Lora;
import io.jishi.train.loss.TokenLoss;
import io.jishi.train.optim.AdamW;
import org.junit.jupiter.api.Test;

/** A whole run against PyTorch: loss, all gradients, twenty steps of AdamW, adapters. */
class TrainingGoldenTest {
  /** Losses are given in single precision; twenty steps add up its roundings. */
  private static final double LOSS_ERROR = 1e-5;

  private static final double NORM_ERROR = 1e-4;
  private static final double AFTER_TWENTY_STEPS = 2e-4;

  private static TrainerOptions options(boolean checkpointing, int threads) {
    return new TrainerOptions(threads, MatrixProducts.Inputs.FP32, checkpointing, 1);
  }

  private record Run(Model model, Parameters parameters, Lora lora, Trainer trainer)
      implements AutoCloseable {
    static Run full(TrainerOptions options) {
      Parameters parameters = new Parameters(_ -> true);
      Model model = Model.open(Golden.folder(), Backend.cpu(), parameters::place);
      Trainer trainer = FamilyTrainingTest.trainer(model, parameters, TokenLoss.plain(), options);
      return new Run(model, parameters, null, trainer);
    }

    static Run adapters(SafetensorsFile golden) {
      Parameters parameters = new Parameters(_ -> false);
      Model model = Model.open(Golden.folder(), Backend.cpu(), parameters::place);
      Lora lora =
          Lora.create(
              model.tensors(),
              name -> name.contains("q_proj") || name.contains("v_proj"),
              4,
              8,
              parameters,
              1);
      lora.byWeight()
          .forEach(
              (name, low) -> {
                low.a().data().copyFrom(golden.tensors().get(key("init", name, "A")).data());
                low.b().data().copyFrom(golden.tensors().get(key("init", name, "B")).data());
              });
      Trainer trainer =
          new Trainer(
              model.decoder(),
              parameters,
              lora.byWeight(),
              TokenLoss.plain(),
              (list, m) -> new AdamW(list, m, new AdamW.Options(0.9, 0.95, 1e-8, 0)),
              Backend.cpu(),
              options(false, 0));
      return new Run(model, parameters, lora, trainer);
    }

    @Override
    public void close() {
      trainer.close();
      model.close();
      parameters.close();
    }
  }

  private static String key(String what, String weight, String part) {
    String[] parts = weight.split("\\.");
    return "lora." + what + "." + parts[2] + "." + parts[4] + "." + part;
  }

  @Test
  void lossAndAllGradientsOfABatchAreThoseOfTheReference() {
    gradients(options(false, 0));
  }

  @Test
  void computingLayersTwiceChangesNoGradient() {
    gradients(options(true, 1));
  }

  private static void gradients(TrainerOptions options) {
    try (Run run = Run.full(options);
        SafetensorsFile golden = Golden.tensors()) {
      Examples batch = Golden.batch(0);
      Trainer trainer = run.trainer;
      double loss = trainer.accumulate(batch, trainer.total(batch));
      assertThat(loss).isCloseTo(5.55103865083, within(LOSS_ERROR));
      assertThat(trainer.gradientNorm()).isCloseTo(4.107964, within(NORM_ERROR));
      for (Trainable t : trainer.trained()) {
        assertThat(
                Golden.relativeError(t.gradient(), golden.tensors().get("grad." + t.name()).data()))
            .as(t.name())
            .isLessThan(Golden.RELATIVE_L2);
      }
      assertThat(trainer.evaluate(batch)).isEqualTo(loss);
    }
  }

  @Test
  void twentyStepsOfAdamWGoTheWayOfTheReference() {
    try (Run run = Run.full(options(false, 0));
        SafetensorsFile golden = Golden.tensors()) {
      JsonObject expected = Golden.json().object("adamw").orElseThrow();
      double[] losses = Golden.numbers(expected, "loss");
      double[] norms = Golden.numbers(expected, "grad_norm");
      double[] rates = Golden.numbers(expected, "lr");
      for (int s = 0; s < losses.length; s++) {
        StepResult step = run.trainer.step(Golden.batch(s % 3), rates[s]);
        assertThat(step.loss()).isCloseTo(losses[s], within(LOSS_ERROR));
        assertThat(step.gradientNorm()).isCloseTo(norms[s], within(NORM_ERROR));
      }
      for (Trainable t : run.trainer.trained()) {
        assertThat(
                Golden.relativeError(t.data(), golden.tensors().get("adamw20." + t.name()).data()))
            .as(t.name())
            .isLessThan(AFTER_TWENTY_STEPS);
      }
    }
  }

  @Test
  void adaptersLearnAsTheReferencesDo() {
    try (SafetensorsFile golden = Golden.tensors();
        Run run = Run.adapters(golden)) {
      Examples batch = Golden.batch(0);
      run.trainer.accumulate(batch, run.trainer.total(batch));
      run.lora
          .byWeight()
          .forEach(
              (name, low) -> {
                var a = golden.tensors().get(key("grad", name, "A")).data();
                var b = golden.tensors().get(key("grad", name, "B")).data();
                assertThat(Golden.relativeError(low.a().gradient(), a))
                    .as(name)
                    .isLessThan(Golden.RELATIVE_L2);
                assertThat(Golden.relativeError(low.b().gradient(), b))
                    .as(name)
                    .isLessThan(Golden.RELATIVE_L2);
              });
      run.trainer.clear();
      JsonObject expected = Golden.json().object("lora").orElseThrow();
      double[] losses = Golden.numbers(expected, "loss");
      double[] norms = Golden.numbers(expected, "grad_norm");
      for (int s = 0; s < losses.length; s++) {
        double factor =
            s < 5 ? (s + 1) / 5.0 : 0.1 + 0.9 * 0.5 * (1 + Math.cos(Math.PI * (s - 5) / 7.0));
        StepResult step = run.trainer.step(Golden.batch(s % 3), 1e-2 * factor);
        assertThat(step.gradientNorm()).isCloseTo(norms[s], within(NORM_ERROR));
        if (s > 0) { // the loss of step 0 was also counted before it
          assertThat(step.loss()).isCloseTo(losses[s], within(LOSS_ERROR));
        }
      }
    }
  }

  @Test
  void theNumberOfThreadsChangesNoBit() {
    try (Run one = Run.full(options(false, 1));
        Run all = Run.full(options(true, 0))) {
      for (int s = 0; s < 3; s++) {
        StepResult step = one.trainer.step(Golden.batch(s), 1e-3);
        assertThat(all.trainer.step(Golden.batch(s), 1e-3)).isEqualTo(step);
      }
      for (int i = 0; i < one.trainer.trained().size(); i++) {
        Trainable t = one.trainer.trained().get(i);
        assertThat(t.data().mismatch(all.trainer.trained().get(i).data()))
            .as(t.name())
            .isEqualTo(-1);
      }
    }
  }
}
