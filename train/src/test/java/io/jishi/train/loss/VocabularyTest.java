// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.JsonObject;
import io.jishi.model.Model;
import io.jishi.model.RandomSpec;
import io.jishi.model.WeightMix;
import io.jishi.tensor.Backend;
import io.jishi.tensor.MatrixProducts.Inputs;
import io.jishi.train.optim.AdamW;
import io.jishi.train.tape.Examples;
import io.jishi.train.tape.Parameters;
import io.jishi.train.tape.Trainable;
import io.jishi.train.tape.Trainer;
import io.jishi.train.tape.TrainerOptions;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Logits of so many tokens that they are worked on in several parts. */
class VocabularyTest {
  /** So many that a part is 256 of 800 rows. */
  private static final int VOCABULARY = 16_400;

  private static final int SPAN = 200;
  private static final int SPANS = 4;

  /** Sums of the same products in another order, where the greatest gradient is about 0.01. */
  private static final float ERROR = 2e-6f;

  /** Factors rounded to 8 bits before sums of which each part rounds its own. */
  private static final float BF16_ERROR = 2e-5f;

  private static Model model(Parameters parameters, boolean tied) {
    JsonObject config =
        JsonObject.of(
            "test",
            Map.ofEntries(
                Map.entry("model_type", "llama"),
                Map.entry("hidden_act", "silu"),
                Map.entry("vocab_size", (long) VOCABULARY),
                Map.entry("hidden_size", 24L),
                Map.entry("intermediate_size", 32L),
                Map.entry("num_hidden_layers", 1L),
                Map.entry("num_attention_heads", 2L),
                Map.entry("num_key_value_heads", 2L),
                Map.entry("max_position_embeddings", (long) SPAN),
                Map.entry("rms_norm_eps", 1e-5),
                Map.entry("rope_theta", 10_000.0),
                Map.entry("tie_word_embeddings", tied)));
    RandomSpec spec = new RandomSpec("test", config, WeightMix.of("f32"), 1);
    return Model.random(spec, Backend.cpu(), parameters::place);
  }

  private static List<float[]> gradients(Trainer trainer) {
    List<float[]> all = new ArrayList<>();
    for (Trainable t : trainer.trained()) {
      MemorySegment from = t.summed();
      float[] to = new float[(int) t.count()];
      MemorySegment.copy(from, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, to, 0, to.length);
      all.add(to);
    }
    return all;
  }

  private static void close(String name, float[] actual, float[] expected, float error) {
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(actual[i] - expected[i]) <= error)) {
        throw new AssertionError(name + " at " + i + ": " + actual[i] + " is not " + expected[i]);
      }
    }
  }

  /** Spans one by one fit into one part each; all of them together do not. */
  @ParameterizedTest
  @CsvSource({"FP32, true, false", "FP32, false, true", "BF16, true, true"})
  void partsOfABatchGiveWhatItsSpansGiveOneByOne(Inputs inputs, boolean tied, boolean holes) {
    SplittableRandom random = new SplittableRandom(2);
    int[] tokens = random.ints(SPANS * SPAN, 0, VOCABULARY).toArray();
    int[] labels = random.ints(SPANS * SPAN, 0, VOCABULARY).toArray();
    for (int i = 0; holes && i < labels.length; i += 7) {
      labels[i] = -1;
    }
    Parameters parameters = new Parameters(_ -> true);
    try (parameters;
        Model model = model(parameters, tied);
        Trainer trainer =
            new Trainer(
                model.decoder(),
                parameters,
                Map.of(),
                TokenLoss.plain(),
                (list, m) -> new AdamW(list, m, AdamW.Options.DEFAULT),
                Backend.cpu(),
                new TrainerOptions(2, inputs, false, 1))) {
      int[] bounds = new int[SPANS + 1];
      Arrays.setAll(bounds, s -> s * SPAN);
      Examples all = Examples.of(tokens, bounds, labels);
      double total = trainer.total(all);
      double together = trainer.accumulate(all, total);
      List<float[]> expected = gradients(trainer);
      assertThat(trainer.evaluate(all)).isEqualTo(together);
      trainer.clear();
      double apart = 0;
      for (int s = 0; s < SPANS; s++) {
        int[] part = Arrays.copyOfRange(tokens, s * SPAN, (s + 1) * SPAN);
        int[] partLabels = Arrays.copyOfRange(labels, s * SPAN, (s + 1) * SPAN);
        apart += trainer.accumulate(Examples.of(part, new int[] {0, SPAN}, partLabels), total);
      }
      assertThat(apart).isCloseTo(together, within(1e-6));
      List<float[]> actual = gradients(trainer);
      float error = inputs == Inputs.BF16 ? BF16_ERROR : ERROR;
      for (int t = 0; t < actual.size(); t++) {
        close(trainer.trained().get(t).name(), actual.get(t), expected.get(t), error);
      }
    }
  }
}
