// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.ModelOutline;
import io.jishi.model.Pooling;
import io.jishi.tensor.Precision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmbedderTest {
  /** Of values of order one: the references differ from themselves by 3e-6 when padded. */
  private static final float ERROR = 1e-4f;

  private static final EmbedderOptions EXACT = EmbedderOptions.DEFAULT.with(Precision.EXACT);

  @TempDir Path temp;

  /** Token types of the two with pairs are all 0 here, so their goldens are not for this test. */
  @ParameterizedTest
  @ValueSource(strings = {"xlm_roberta_embed", "modernbert_embed", "qwen3_embedding"})
  void vectorsAreTheReferences(String name) {
    Path folder = Folders.golden(name);
    JsonObject golden = Json.parseObject(folder.resolve("golden.json"));
    EmbedRequest request = new EmbedRequest(inputs(golden), 0, null, false);
    List<Object> pooled = golden.array("pooled").orElseThrow();
    for (Pooling pooling : Pooling.values()) {
      for (EmbedderOptions.Length length :
          List.of(EmbedderOptions.Length.RAW, EmbedderOptions.Length.ONE)) {
        String field = pooling.name().toLowerCase(Locale.ROOT);
        field += length == EmbedderOptions.Length.ONE ? "_normalised" : "";
        try (Embedder embedder = Embedder.open(folder, EXACT.with(pooling).with(length))) {
          List<float[]> vectors = embedder.embed(request).vectors();
          assertThat(vectors).hasSize(pooled.size());
          for (int i = 0; i < vectors.size(); i++) {
            check(vectors.get(i), JsonObject.of("pooled", pooled.get(i)).array(field).get());
          }
        }
      }
    }
  }

  @Test
  void scoresOfYesAgainstNoAreTheReferences() {
    Path folder = Folders.golden("qwen3_reranker");
    JsonObject golden = Json.parseObject(folder.resolve("golden.json"));
    List<Sequence> sequences =
        inputs(golden).stream()
            .map(input -> new Sequence(((Input.Tokens) input).tokens(), null))
            .toList();
    try (LoadedModel model = LoadedModel.open(folder, EXACT)) {
      int yes = golden.integer("yes_id").orElseThrow();
      int no = golden.integer("no_id").orElseThrow();
      float[][] pairs =
          model.run(sequences.size(), 1, () -> model.passes.logits(sequences, yes, no));
      List<Object> expected = golden.array("p_yes").orElseThrow();
      for (int i = 0; i < pairs.length; i++) {
        double p = 1 / (1 + Math.exp(pairs[i][1] - pairs[i][0]));
        assertThat((float) p)
            .isCloseTo(((Number) expected.get(i)).floatValue(), Offset.offset(ERROR));
      }
    }
  }

  @Test
  void scoresOfACrossEncoderAreTheReferences() {
    Path folder = Folders.golden("xlm_roberta_reranker");
    JsonObject golden = Json.parseObject(folder.resolve("golden.json"));
    List<Sequence> sequences =
        inputs(golden).stream()
            .map(input -> new Sequence(((Input.Tokens) input).tokens(), null))
            .toList();
    try (LoadedModel model = LoadedModel.open(folder, EXACT)) {
      double[] logits =
          model.run(sequences.size(), 1, () -> PairPrompt.crossEncoder(model).logits(sequences));
      check(floats(logits), golden.array("score_logit").orElseThrow());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert_embed", "qwen3_embedding"})
  void aVectorDoesNotDependOnTheOtherTextsOfTheCallByABit(String name) {
    List<Input> inputs = new ArrayList<>();
    for (int n = 1; n < 90; n += 4) {
      int[] tokens = new int[n];
      for (int i = 0; i < n; i++) {
        tokens[i] = (i * 37 + n * 11) % 250;
      }
      inputs.add(new Input.Tokens(tokens));
    }
    try (Embedder embedder = Embedder.open(Folders.golden(name))) {
      List<float[]> together = embedder.embed(new EmbedRequest(inputs, 0, null, false)).vectors();
      for (int i = 0; i < inputs.size(); i += 5) {
        EmbedRequest alone = new EmbedRequest(List.of(inputs.get(i)), 0, null, false);
        assertThat(embedder.embed(alone).vectors().getFirst()).isEqualTo(together.get(i));
      }
    }
  }

  @Test
  void fewerDimensionsAreTheFirstOnesOfLengthOne() {
    try (Embedder embedder = Embedder.open(Folders.golden("bert_embed"))) {
      EmbedRequest all =
          new EmbedRequest(List.of(new Input.Tokens(new int[] {5, 6})), 0, null, false);
      float[] whole = embedder.embed(all).vectors().getFirst();
      float[] cut = embedder.embed(all.withDimensions(8)).vectors().getFirst();
      assertThat(cut).hasSize(8);
      assertThat(length(cut)).isCloseTo(1, Offset.offset(1e-6));
      assertThat(cut[3] / cut[2]).isCloseTo(whole[3] / whole[2], Offset.offset(1e-4f));
      assertThatThrownBy(() -> embedder.embed(all.withDimensions(61)))
          .isInstanceOf(JishiException.BadRequest.class)
          .hasMessageContaining("60");
    }
  }

  @Test
  void theFilesOfSentenceTransformersAreFollowed() throws Exception {
    Path folder = Folders.withWords("bert_embed", temp.resolve("st"), 301);
    try (Embedder embedder = Embedder.open(folder)) {
      assertThat(embedder.pooling()).isEqualTo(Pooling.MEAN);
      assertThat(embedder.context()).isEqualTo(96);
    }
    Folders.write(
        folder.resolve("modules.json"),
        "[{\"idx\":0,\"path\":\"\",\"type\":\"sentence_transformers.models.Transformer\"},"
            + "{\"idx\":1,\"path\":\"1_Pooling\",\"type\":\"sentence_transformers.models.Pooling\"}]");
    Folders.write(
        folder.resolve("1_Pooling/config.json"),
        "{\"word_embedding_dimension\":60,\"pooling_mode_cls_token\":true,"
            + "\"pooling_mode_mean_tokens\":false}");
    Folders.write(folder.resolve("sentence_bert_config.json"), "{\"max_seq_length\":20}");
    Folders.write(
        folder.resolve("config_sentence_transformers.json"),
        "{\"prompts\":{\"query\":\"cat \"},\"default_prompt_name\":null}");
    try (Embedder embedder = Embedder.open(folder)) {
      assertThat(embedder.pooling()).isEqualTo(Pooling.CLS);
      assertThat(embedder.context()).isEqualTo(20);
      float[] plain = embedder.embed(List.of("cat dog")).getFirst();
      assertThat(length(plain)).isGreaterThan(2); // no module makes it 1
      EmbedRequest asked = EmbedRequest.of(List.of("dog")).withPrompt("query");
      assertThat(embedder.embed(asked).vectors().getFirst()).isEqualTo(plain);
      assertThat(embedder.embed(asked).tokens()).isEqualTo(4);
      assertThatThrownBy(() -> embedder.embed(asked.withPrompt("passage")))
          .isInstanceOf(JishiException.BadRequest.class)
          .hasMessageContaining("[query]");
      String tooLong = String.join(" ", Collections.nCopies(30, "mice"));
      assertThatThrownBy(() -> embedder.embed(List.of(tooLong)))
          .isInstanceOf(JishiException.BadRequest.class)
          .hasMessageContaining("30 tokens");
      assertThat(embedder.embed(EmbedRequest.of(List.of(tooLong)).truncated()).tokens())
          .isEqualTo(20);
    }
    Folders.write(folder.resolve("modules.json"), "[{\"path\":\"2_Dense\",\"type\":\"x.Dense\"}]");
    assertThatThrownBy(() -> Embedder.open(folder))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("x.Dense");
  }

  @Test
  void aCrossEncoderPutsTheDocumentBehindTheQueryAsItsKindDoes() throws Exception {
    Path folder = Folders.withWords("xlm_roberta_reranker", temp.resolve("ce"), 257);
    try (Reranker reranker = Reranker.open(folder);
        LoadedModel model = LoadedModel.open(folder, EXACT)) {
      RerankRequest request = RerankRequest.of("cat", List.of("dog", "mice", "dog"));
      int[] pair = PairPrompt.crossEncoder(model).pair(request, "dog").tokens();
      assertThat(pair).containsExactly(2, 5, 3, 3, 6, 3); // [CLS] cat [SEP] [SEP] dog [SEP]
      Ranking ranking = reranker.rerank(request);
      assertThat(ranking.results()).hasSize(3);
      assertThat(ranking.tokens()).isEqualTo(18);
      assertThat(ranking.results().getFirst().score())
          .isGreaterThanOrEqualTo(ranking.results().getLast().score());
      double first = score(ranking, 0);
      assertThat(score(ranking, 2)).isEqualTo(first);
      assertThat(score(ranking, 1)).isNotEqualTo(first);
    }
    assertThatThrownBy(() -> Reranker.open(Folders.golden("bert_embed")))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("no scores");
  }

  @Test
  void unknownTokensAndACloseAreToldToTheCaller() {
    Embedder embedder = Embedder.open(Folders.golden("bert_embed"));
    EmbedRequest bad = new EmbedRequest(List.of(new Input.Tokens(new int[] {301})), 0, null, false);
    assertThatThrownBy(() -> embedder.embed(bad))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("301");
    embedder.close();
    embedder.close();
    EmbedRequest good = new EmbedRequest(List.of(new Input.Tokens(new int[] {3})), 0, null, false);
    assertThatThrownBy(() -> embedder.embed(good)).isInstanceOf(JishiException.Closed.class);
  }

  private static double score(Ranking ranking, int index) {
    return ranking.results().stream().filter(r -> r.index() == index).findFirst().get().logit();
  }

  private static double length(float[] vector) {
    double sum = 0;
    for (float v : vector) {
      sum += (double) v * v;
    }
    return Math.sqrt(sum);
  }

  private static List<Input> inputs(JsonObject golden) {
    List<Input> inputs = new ArrayList<>();
    for (Object ids : golden.array("input_ids").orElseThrow()) {
      inputs.add(
          new Input.Tokens(
              ((List<?>) ids).stream().mapToInt(v -> ((Long) v).intValue()).toArray()));
    }
    return inputs;
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  private static void check(float[] actual, List<?> expected) {
    assertThat(actual).hasSize(expected.size());
    for (int v = 0; v < actual.length; v++) {
      assertThat(actual[v])
          .as("value %d", v)
          .isCloseTo(((Number) expected.get(v)).floatValue(), Offset.offset(ERROR));
    }
  }

  @Test
  void everyCallIsCountedAndToldWithItsTimes() throws Exception {
    List<CallMetrics> told = new ArrayList<>();
    try (Embedder embedder = Embedder.open(Folders.golden("qwen3_embedding"), EXACT)) {
      embedder.listen(
          _ -> {
            throw new IllegalStateException("a stranger's listener");
          });
      embedder.listen(told::add);
      List<Input> inputs =
          List.of(new Input.Tokens(new int[] {1, 2, 3}), new Input.Tokens(new int[] {4, 5}));
      try (Recording recording = new Recording()) {
        recording.enable("jishi.Encode");
        recording.start();
        embedder.embed(new EmbedRequest(inputs, 0, null, false));
        embedder.embed(new EmbedRequest(inputs.subList(1, 2), 0, null, false));
        recording.stop();
        Path file = temp.resolve("calls.jfr");
        recording.dump(file);
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        assertThat(events).extracting(e -> e.getInt("tokens")).containsExactly(5, 2);
        assertThat(events.getFirst().getInt("texts")).isEqualTo(2);
        assertThat(events.getFirst().getDuration("passTime").toNanos())
            .isEqualTo(told.getFirst().nanos());
      }
      assertThat(told).extracting(CallMetrics::texts).containsExactly(2, 1);
      assertThat(told).allMatch(call -> call.nanos() > 0 && call.queueNanos() >= 0);
      EncoderMetrics all = embedder.metrics();
      assertThat(all.answered()).isEqualTo(2);
      assertThat(all.tokens()).isEqualTo(7);
      assertThat(all.texts()).isEqualTo(3);
      assertThat(all.nanos()).isEqualTo(told.stream().mapToLong(CallMetrics::nanos).sum());
      assertThat(all.failed() + all.refused() + all.waiting()).isZero();
    }
  }

  @Test
  void aCallWhosePassesFailIsCountedAsFailed() {
    try (LoadedModel model = LoadedModel.open(Folders.golden("qwen3_embedding"), EXACT)) {
      assertThatThrownBy(
              () ->
                  model.run(
                      1,
                      3,
                      () -> {
                        throw new IllegalStateException("broken");
                      }))
          .hasMessage("broken");
      assertThat(model.metrics().failed()).isEqualTo(1);
      assertThat(model.metrics().answered()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"xlm_roberta_embed", "modernbert_embed", "qwen3_embedding"})
  void whatDoesNotFitIsRefusedBeforeItIsLoaded(String name) {
    Path folder = Folders.golden(name);
    ModelOutline outline = ModelOutline.read(folder);
    PassPlan plan = PassPlan.of(outline, EXACT, 64);
    long needed = plan.weights() + plan.cache() + plan.workspace();
    EmbedderOptions options = EXACT.withContext(64);
    Embedder.open(folder, options.withMemory(needed)).close();
    assertThatThrownBy(() -> Embedder.open(folder, options.withMemory(needed - 1)))
        .isInstanceOf(JishiException.OutOfResources.class)
        .hasMessageContaining("texts of up to 64 tokens")
        .hasMessageContaining("left of the limit; take a smaller quantisation");
    assertThatThrownBy(() -> Reranker.open(folder, options.withMemory(1)))
        .isInstanceOf(JishiException.OutOfResources.class);
    PassPlan longer = PassPlan.of(outline, EXACT.withMemory(needed + 1000), 1 << 20);
    assertThatThrownBy(longer::check)
        .hasMessageContaining("texts of at most ")
        .satisfies(
            e -> {
              int fits = Integer.parseInt(e.getMessage().replaceAll(".*at most (\\d+) .*", "$1"));
              PassPlan.of(outline, EXACT.withMemory(needed + 1000), fits).check();
            });
  }
}
