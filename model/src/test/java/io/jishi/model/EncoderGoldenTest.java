// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.safetensors.SafetensorsFile;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.Tensor;
import io.jishi.testkit.Shared;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Encoders and embedding models against reference outputs made outside of Jishi. */
class EncoderGoldenTest {
  /**
   * Hidden states are norms of order one after a few layers; the references differ from themselves
   * by up to 3e-6 when padded.
   */
  private static final float ERROR = 1e-4f;

  /** Fixtures, and what each one's golden holds. */
  static final Map<String, String> FIXTURES =
      new TreeMap<>(
          Map.of(
              "bert_embed", "hidden states, pooler",
              "modernbert_embed", "hidden states",
              "nomic_bert_embed", "hidden states",
              "qwen3_embedding", "hidden states",
              "xlm_roberta_embed", "hidden states",
              "xlm_roberta_reranker", "scores"));

  static Stream<String> embedders() {
    return FIXTURES.keySet().stream().filter(name -> !name.endsWith("reranker"));
  }

  @ParameterizedTest
  @MethodSource("embedders")
  void hiddenStatesOfEachTokenAreTheReferences(String name) {
    Path folder = Shared.require("goldens/" + name);
    try (Runner runner = new Runner(folder, 0);
        SafetensorsFile golden = SafetensorsFile.open(folder.resolve("golden.safetensors"))) {
      List<int[]> texts = runner.texts("input_ids");
      List<int[]> types = runner.texts("token_type_ids");
      for (int i = 0; i < texts.size(); i++) {
        float[][] hidden = runner.hidden(texts.get(i), types.isEmpty() ? null : types.get(i));
        float[] expected =
            golden.tensors().get("hidden." + i).data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        assertThat(hidden.length * hidden[0].length).isEqualTo(expected.length);
        for (int k = 0; k < expected.length; k++) {
          assertThat(hidden[k / hidden[0].length][k % hidden[0].length])
              .as("text %d, value %d", i, k)
              .isCloseTo(expected[k], Offset.offset(ERROR));
        }
      }
    }
  }

  @Test
  void thePoolerOfBertIsTheReferences() {
    Path folder = Shared.require("goldens/bert_embed");
    try (Runner runner = new Runner(folder, 0)) {
      List<?> expected = runner.golden.array("pooler_output").orElseThrow();
      for (int i = 0; i < expected.size(); i++) {
        float[] made =
            runner.summary(runner.texts("input_ids").get(i), runner.texts("token_type_ids").get(i));
        check(made, (List<?>) expected.get(i));
      }
    }
  }

  @Test
  void scoresOfTheCrossEncoderAreTheReferences() {
    Path folder = Shared.require("goldens/xlm_roberta_reranker");
    try (Runner runner = new Runner(folder, 0)) {
      List<?> expected = runner.golden.array("score_logit").orElseThrow();
      for (int i = 0; i < expected.size(); i++) {
        check(runner.summary(runner.texts("input_ids").get(i), null), List.of(expected.get(i)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("embedders")
  void neitherNeighboursNorThreadsChangeABit(String name) {
    Path folder = Shared.require("goldens/" + name);
    int[] tokens = java.util.stream.IntStream.range(0, 70).map(i -> (i * 37 + 11) % 250).toArray();
    for (Precision precision : Precision.values()) {
      try (Runner two = new Runner(folder, 2);
          Runner one = new Runner(folder, 1)) {
        one.precision = precision;
        two.precision = precision;
        float[][] alone = one.hidden(tokens, null);
        assertThat(two.hidden(tokens, null)).isDeepEqualTo(alone);
        assertThat(two.besideOthers(tokens)).isDeepEqualTo(alone);
      }
    }
  }

  @Test
  void anEncoderRefusesToContinueText() {
    try (Runner runner = new Runner(Shared.require("goldens/bert_embed"), 0)) {
      Batch batch = new Batch();
      batch.addSpan(new int[] {1, 2}, 0, 2, 1);
      assertThatThrownBy(() -> runner.model.decoder().forward(runner.ops, batch, Precision.EXACT))
          .isInstanceOf(JishiException.Unsupported.class)
          .hasMessageContaining("encoders");
    }
  }

  private static void check(float[] actual, List<?> expected) {
    assertThat(actual).hasSize(expected.size());
    for (int v = 0; v < actual.length; v++) {
      assertThat(actual[v])
          .as("value %d", v)
          .isCloseTo(((Number) expected.get(v)).floatValue(), Offset.offset(ERROR));
    }
  }

  /** A model with operations. */
  static final class Runner implements AutoCloseable {
    final JsonObject golden;
    final Model model;
    final Ops ops;
    private final StatePool pool;
    Precision precision = Precision.EXACT;

    Runner(Path folder, int threads) {
      this(folder, folder, threads);
    }

    Runner(Path goldens, Path file, int threads) {
      golden = Json.parseObject(goldens.resolve("golden.json"));
      model = Model.open(file, Backend.cpu());
      ops = Backend.cpu().ops(threads);
      pool = new StatePool(model.decoder().stateSpec(DType.F32), 1024);
    }

    List<int[]> texts(String field) {
      List<int[]> texts = new ArrayList<>();
      for (Object text : golden.array(field).orElse(List.of())) {
        texts.add(((List<?>) text).stream().mapToInt(v -> ((Long) v).intValue()).toArray());
      }
      return texts;
    }

    float[][] hidden(int[] tokens, int[] types) {
      Batch batch = new Batch();
      Batch kinds = types == null ? null : new Batch();
      if (types != null) {
        kinds.addSpan(types, 0, types.length, 0);
      }
      try (SequenceState state = pool.newState()) {
        batch.add(state, tokens, 0, tokens.length, tokens.length);
        Tensor hidden = model.decoder().hidden(ops, batch, kinds, precision, LayerObserver.NONE);
        float[][] rows = new float[tokens.length][];
        for (int t = 0; t < rows.length; t++) {
          rows[t] = hidden.row(t);
        }
        return rows;
      }
    }

    float[][] besideOthers(int[] tokens) {
      Batch batch = new Batch();
      try (SequenceState before = pool.newState();
          SequenceState state = pool.newState();
          SequenceState after = pool.newState()) {
        batch.add(before, tokens, 5, 60, 1);
        batch.add(state, tokens, 0, tokens.length, tokens.length);
        batch.add(after, tokens, 9, 3, 3);
        Tensor hidden = model.decoder().hidden(ops, batch, precision, LayerObserver.NONE);
        float[][] rows = new float[tokens.length][];
        for (int t = 0; t < rows.length; t++) {
          rows[t] = hidden.row(1 + t);
        }
        return rows;
      }
    }

    float[] summary(int[] tokens, int[] types) {
      float[] first = hidden(tokens, types)[0];
      try (Arena arena = Arena.ofShared()) {
        Tensor pooled = new Tensor(arena.allocate(Tensor.bytes(1, first.length)), 1, first.length);
        pooled.write(0, 0, first, 0, first.length);
        return model.decoder().summary().apply(ops, pooled, precision).row(0);
      }
    }

    @Override
    public void close() {
      ops.close();
      pool.close();
      model.close();
    }
  }
}
