// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.model.Model;
import io.jishi.model.RandomSpec;
import io.jishi.model.WeightMix;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.train.adapt.Lora;
import io.jishi.train.loss.TokenLoss;
import io.jishi.train.optim.AdamW;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each family can learn a batch by heart, and the engine's own pass then says what it learned. */
class FamiliesLearnTest {
  private static final int VOCABULARY = 96;

  /** One pass by other kernels in another order. */
  private static final double PASSES_DIFFER = 1e-3;

  static Model model(String family, Parameters parameters, String type) {
    JsonObject config =
        JsonObject.of(
            "test",
            Map.ofEntries(
                Map.entry("model_type", family),
                Map.entry("hidden_act", "silu"),
                Map.entry("vocab_size", (long) VOCABULARY),
                Map.entry("hidden_size", 64L),
                Map.entry("intermediate_size", 96L),
                Map.entry("num_hidden_layers", 2L),
                Map.entry("num_attention_heads", 4L),
                Map.entry("num_key_value_heads", 2L),
                Map.entry("head_dim", 16L),
                Map.entry("max_position_embeddings", 128L),
                Map.entry("rms_norm_eps", 1e-5),
                Map.entry("rope_theta", 10_000.0),
                Map.entry("tie_word_embeddings", family.equals("qwen2"))));
    RandomSpec spec = new RandomSpec("test", config, WeightMix.of(type), 3);
    return Model.random(spec, Backend.cpu(), parameters::place);
  }

  static Examples examples() {
    SplittableRandom random = new SplittableRandom(5);
    int[] tokens = random.ints(48, 0, VOCABULARY).toArray();
    int[] labels = new int[48];
    for (int t = 0; t < 48; t++) {
      labels[t] = (t + 1) % 16 == 0 ? Targets.IGNORE : tokens[t + 1];
    }
    return Examples.of(tokens, new int[] {0, 16, 32, 48}, labels);
  }

  private static Trainer trainer(
      Model model, Parameters parameters, Map<String, LowRank> adapters, boolean checkpointing) {
    return new Trainer(
        model.decoder(),
        parameters,
        adapters,
        TokenLoss.plain(),
        (list, m) -> new AdamW(list, m, AdamW.Options.DEFAULT),
        Backend.cpu(),
        new TrainerOptions(0, MatrixProducts.Inputs.FP32, checkpointing, 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "qwen3"})
  void aBatchIsLearnedByHeartAndSaidByTheEnginesPass(String family) {
    Examples examples = examples();
    try (Parameters parameters = new Parameters(_ -> true);
        Model model = model(family, parameters, "f32");
        Trainer trainer = trainer(model, parameters, Map.of(), true)) {
      double first = trainer.evaluate(examples);
      Passes.engineLoss(
          model, examples); // what it keeps of the weights of now must not be used later
      try (Ops ops = Backend.cpu().ops(0)) {
        Passes.engineLoss(model, examples, ops);
        for (int s = 0; s < 60; s++) {
          trainer.step(examples, 1e-2);
        }
        double last = trainer.evaluate(examples);
        assertThat(last).isLessThan(0.1).isLessThan(first / 10);
        assertThat(Passes.engineLoss(model, examples, ops)).isCloseTo(last, within(PASSES_DIFFER));
      }
    }
  }

  @Test
  void eachLayerIsShownOnceByItsOwnNumber() {
    Examples examples = examples();
    try (Parameters parameters = new Parameters(_ -> true);
        Model model = model("llama", parameters, "f32")) {
      Tape tape = new Tape(parameters, Map.of());
      Batch batch = new Batch();
      batch.addSpan(examples.tokens(), 0, 16, 16);
      List<Integer> seen = new ArrayList<>();
      model.decoder().hidden(tape, batch, Precision.EXACT, (layer, _) -> seen.add(layer));
      assertThat(seen).containsExactly(0, 1);
    }
  }

  @Test
  void adaptersOnAQuantisedModelLearnAndTheModelStaysAsItIs() {
    Examples examples = examples();
    try (Parameters parameters = new Parameters(_ -> false);
        Model model = model("llama", parameters, "q8_0")) {
      Lora lora =
          Lora.create(
              model.tensors(),
              n -> n.contains("attn_") || n.contains("ffn_"),
              8,
              16,
              parameters,
              1);
      byte[] before =
          model
              .tensors()
              .get("blk.0.ffn_up.weight")
              .data()
              .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
      try (Trainer trainer = trainer(model, parameters, lora.byWeight(), false)) {
        double first = trainer.evaluate(examples);
        for (int s = 0; s < 60; s++) {
          trainer.step(examples, 1e-2);
        }
        assertThat(trainer.evaluate(examples)).isLessThan(first / 2);
        assertThat(
                model
                    .tensors()
                    .get("blk.0.ffn_up.weight")
                    .data()
                    .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE))
            .isEqualTo(before);
      }
    }
  }

  @Test
  void anAdapterThatWouldNeverLearnIsRefusedByName() {
    try (Parameters parameters = new Parameters(_ -> false);
        Model model = model("llama", parameters, "f32")) {
      Lora lora = Lora.create(model.tensors(), "output.weight"::equals, 4, 8, parameters, 1);
      try (Trainer trainer = trainer(model, parameters, lora.byWeight(), false)) {
        assertThatThrownBy(() -> trainer.plan(examples()))
            .isInstanceOf(JishiException.Unsupported.class)
            .hasMessageContaining("'output.weight'");
      }
    }
  }

  @Test
  void aStepTakesWhatWasPlannedAndCheckpointingTakesLess() {
    Examples examples = examples();
    long[] activations = new long[2];
    for (boolean checkpointing : new boolean[] {false, true}) {
      try (Parameters parameters = new Parameters(_ -> true);
          Model model = model("llama", parameters, "f32");
          Trainer trainer = trainer(model, parameters, Map.of(), checkpointing)) {
        MemoryPlan plan = trainer.plan(examples);
        trainer.step(examples, 1e-3);
        trainer.step(examples, 1e-3);
        assertThat(trainer.heldBytes()).isEqualTo(plan.total());
        activations[checkpointing ? 1 : 0] = plan.activations();
      }
    }
    assertThat(activations[1]).isLessThan(activations[0]);
  }
}
