// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RandomSpecTest {
  private static final String TINY =
      """
      {"model_type": "%s", "vocab_size": 320, "hidden_size": 256, "intermediate_size": 512,
       "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
       "max_position_embeddings": 128, "tie_word_embeddings": %s}
      """;

  private static RandomSpec tiny(String family, boolean tied, String types, long seed) {
    String config = String.format(TINY, family, tied);
    JsonObject json = JsonObject.of("tiny", Json.parse("tiny", config));
    return new RandomSpec("tiny", json, WeightMix.of(types), seed);
  }

  static Stream<String> types() {
    return WeightMix.names().stream();
  }

  private static float[] logits(RandomSpec spec) {
    try (Model model = Model.random(spec, Backend.cpu());
        Ops ops = Backend.cpu().ops(2);
        StatePool pool = new StatePool(model.decoder().stateSpec(DType.F16), 64);
        SequenceState state = pool.newState()) {
      Batch batch = new Batch();
      batch.add(state, new int[] {1, 319, 7, 42, 42}, 0, 5, 1);
      Tensor logits = model.decoder().forward(ops, batch, Precision.FAST);
      return logits.row(0);
    }
  }

  private static double deviation(float[] values) {
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares / values.length);
  }

  @ParameterizedTest
  @MethodSource("types")
  void aForwardPassGivesSaneNumbersInEveryType(String types) {
    for (String family : List.of("llama", "qwen2", "qwen3")) {
      float[] logits = logits(tiny(family, family.equals("qwen2"), types, 1));
      assertThat(logits).hasSize(320).doesNotContain(Float.NaN);
      assertThat(deviation(logits)).as(family).isBetween(0.3, 3.0);
      assertThat(logits).doesNotHaveDuplicates();
    }
  }

  @Test
  void theSeedAloneSaysTheWeights() {
    float[] first = logits(tiny("llama", true, "q4_k_m", 3));
    assertThat(logits(tiny("llama", true, "q4_k_m", 3))).isEqualTo(first);
    assertThat(logits(tiny("llama", true, "q4_k_m", 4))).isNotEqualTo(first);
  }

  @Test
  void layersDifferFromEachOther() {
    try (Model model = Model.random(tiny("llama", true, "q8_0", 1), Backend.cpu())) {
      byte[] first = bytes(model, "blk.0.attn_q.weight");
      assertThat(bytes(model, "blk.1.attn_q.weight")).isNotEqualTo(first);
      assertThat(bytes(model, "blk.0.attn_q.weight")).as("made again").isEqualTo(first);
    }
  }

  private static byte[] bytes(Model model, String name) {
    return model.tensors().get(name).data().toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void onlyTheWeightsInUseStayInMemory() {
    RandomWeightFile file = RandomWeightFile.of(tiny("llama", true, "q8_0", 1));
    var memory = file.tensors().get("token_embd.weight").data();
    assertThat(memory.scope().isAlive()).isTrue();
    file.release("token_embd.weight");
    assertThat(memory.scope().isAlive()).isFalse();
    var again = file.tensors().get("token_embd.weight").data();
    file.close();
    assertThat(again.scope().isAlive()).isFalse();
  }

  /** Numbers of weights as the makers publish them. */
  @ParameterizedTest
  @CsvSource({
    "llama-1b,1235814400",
    "llama-3b,3212749824",
    "llama-8b,8030261248",
    "qwen2.5-0.5b,494032768",
    "qwen3-0.6b,596049920",
    "qwen3-1.7b,1720574976",
    "qwen3-4b,4022468096",
    "llama-100m,124668672"
  })
  void shapesHaveThePublishedNumberOfWeights(String shape, long parameters) {
    assertThat(RandomSpec.parse(shape + ":q4_0").parameters()).isEqualTo(parameters);
    assertThat(RandomSpec.shapes()).contains(shape);
  }

  /** Sizes of the GGUF files on the hub, of which up to 1 % are vocabulary. */
  @ParameterizedTest
  @CsvSource({
    "llama-8b:q4_k_m,4920739232",
    "llama-8b:q5_k_m,5732992416",
    "llama-8b:q3_k_m,4018918304",
    "llama-1b:q4_k_m,807694464",
    "llama-1b:q8_0,1321083008"
  })
  void mixturesAreAsLargeAsThePublishedFiles(String spec, long bytes) {
    long made = RandomSpec.parse(spec).bytes();
    assertThat(made).isLessThan(bytes).isCloseTo(bytes, Percentage.withPercentage(1));
  }

  @Test
  void aMixtureStoresSomeLayersBetter() {
    RandomWeightFile file = RandomWeightFile.of(RandomSpec.parse("llama-1b:q4_k_m"));
    List<Integer> better =
        IntStream.range(0, 16)
            .filter(l -> type(file, "blk." + l + ".ffn_down.weight") == DType.Q6_K)
            .boxed()
            .toList();
    assertThat(better).containsExactly(0, 1, 4, 7, 10, 13, 14, 15);
    assertThat(type(file, "token_embd.weight")).isEqualTo(DType.Q6_K);
    assertThat(type(file, "blk.0.attn_q.weight")).isEqualTo(DType.Q4_K);
    assertThat(type(file, "blk.0.attn_norm.weight")).isEqualTo(DType.F32);
  }

  @Test
  void rowsThatDoNotFillSuperBlocksTakeTheSubstitutesOfTheMixture() {
    RandomWeightFile file = RandomWeightFile.of(RandomSpec.parse("qwen2.5-0.5b:q4_k_m"));
    assertThat(type(file, "token_embd.weight")).isEqualTo(DType.Q8_0);
    assertThat(type(file, "blk.0.attn_q.weight")).isEqualTo(DType.Q5_0);
    assertThat(type(file, "blk.0.ffn_down.weight")).isEqualTo(DType.Q6_K);
    assertThat(type(file, "blk.0.attn_q.bias")).isEqualTo(DType.F32);
    RandomWeightFile smaller = RandomWeightFile.of(RandomSpec.parse("qwen2.5-0.5b:q3_k_m"));
    assertThat(type(smaller, "blk.0.attn_q.weight")).isEqualTo(DType.IQ4_NL);
  }

  private static DType type(WeightFile file, String name) {
    return file.tensors().get(name).type();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "llama-1b", "llama-1c:q4_0", "llama-1b:q4_0:7", ":", "list"})
  void anUnknownShapeIsAnsweredWithTheList(String text) {
    assertThatThrownBy(() -> RandomSpec.parse(text))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("'" + text + "'")
        .hasMessageContaining("qwen3-0.6b")
        .hasMessageContaining("q4_k_m");
  }

  @Test
  void whatCannotBeStoredOrHeldIsRefusedBeforeMemoryIsTaken() {
    assertThatThrownBy(() -> RandomSpec.parse("llama-1b:q8_k"))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("'q8_k' is no weight type");
    assertThatThrownBy(() -> RandomSpec.parse("qwen2.5-0.5b:q4_k").bytes())
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("rows of 896 values");
    assertThatThrownBy(() -> MemoryBudget.require("a giant", Long.MAX_VALUE / 2))
        .isInstanceOf(JishiException.OutOfResources.class)
        .hasMessageContaining("a giant needs 4611686018.4 GB");
  }
}
