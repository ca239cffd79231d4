// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jishi.model.Model;
import io.jishi.tensor.Backend;
import io.jishi.tensor.MatrixProducts;
import io.jishi.train.loss.TokenLoss;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training whose products take BF16 goes the way of FP32. */
class HalfPrecisionTest {
  private static final int STEPS = 10;

  /** Of the first loss: eight bits of every factor are 0.4 %, which steps add up. */
  private static final double TRACES_DIFFER = 0.03;

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "gemma2", "kimi_k2", "mamba2", "rwkv4", "lfm2"})
  void theLossTraceInHalfPrecisionStaysNearThatInSingle(String family) {
    double[] single = trace(family, MatrixProducts.Inputs.FP32);
    double[] half = trace(family, MatrixProducts.Inputs.BF16);
    assertThat(half).isNotEqualTo(single);
    for (int s = 0; s < STEPS; s++) {
      assertThat(half[s]).as("step %d", s).isCloseTo(single[s], within(TRACES_DIFFER * single[0]));
    }
    assertThat(half[STEPS - 1]).isLessThan(half[0] / 2);
  }

  private static double[] trace(String family, MatrixProducts.Inputs inputs) {
    try (Parameters parameters = new Parameters(_ -> true);
        Model model =
            Model.open(MixtureTrainingTest.folder(family), Backend.cpu(), parameters::place);
        Trainer trainer =
            FamilyTrainingTest.trainer(
                model, parameters, TokenLoss.plain(), new TrainerOptions(0, inputs, false, 1))) {
      Examples examples = FamilyTrainingTest.examples(model.decoder().spec().vocabulary());
      double[] trace = new double[STEPS];
      for (int s = 0; s < STEPS; s++) {
        trace[s] = trainer.step(examples, 5e-3).loss();
      }
      return trace;
    }
  }
}
