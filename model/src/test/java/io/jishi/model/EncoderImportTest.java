// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.model.export.FolderExport;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.GgufImport;
import io.jishi.model.export.GgufWriter;
import io.jishi.model.export.ModelSource;
import io.jishi.model.export.OutputTensor;
import io.jishi.model.gguf.GgufFile;
import io.jishi.model.safetensors.SafetensorsFolder;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Encoders are unpacked from GGUF to the folder that they are published as. */
class EncoderImportTest {
  @TempDir Path temp;

  private Path packed(Path folder) {
    Path file = temp.resolve("model.gguf");
    try (ModelSource source = ModelSource.open(folder)) {
      GgufExport.write(source, file, DType.F32, Disk.LOCAL);
    }
    return file;
  }

  private Path unpacked(Path file) {
    Path folder = temp.resolve("back");
    GgufImport.write(file, folder, Disk.LOCAL);
    return folder;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"bert_embed", "xlm_roberta_embed", "nomic_bert_embed", "modernbert_embed"})
  void theFolderGivesTheHiddenStatesOfTheFileToTheBit(String name) {
    Path golden = Shared.require("goldens/" + name);
    Path file = packed(golden);
    try (var before = new EncoderGoldenTest.Runner(golden, file, 0);
        var after = new EncoderGoldenTest.Runner(golden, unpacked(file), 0)) {
      for (int[] text : before.texts("input_ids")) {
        assertThat(after.hidden(text, null)).isDeepEqualTo(before.hidden(text, null));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"bert_embed", "xlm_roberta_embed", "nomic_bert_embed", "modernbert_embed"})
  void tensorsHaveTheirPublishedNamesAgain(String name) {
    Path golden = Shared.require("goldens/" + name);
    // These goldens have no vocabulary, by which GGUF tells XLM-RoBERTa, whose positions begin
    // behind the padding, from BERT.
    boolean renamed = name.startsWith("xlm");
    try (SafetensorsFolder was = SafetensorsFolder.open(golden);
        SafetensorsFolder is = SafetensorsFolder.open(unpacked(packed(golden)))) {
      TreeSet<String> expected = new TreeSet<>(was.tensors().keySet());
      expected.removeIf(tensor -> tensor.startsWith("pooler.")); // GGUF has none
      assertThat(is.tensors().keySet()).containsExactlyInAnyOrderElementsOf(expected);
      expected.removeIf(tensor -> renamed && tensor.contains("position_embeddings"));
      expected.forEach(
          tensor ->
              assertThat(is.tensors().get(tensor).shape())
                  .as(tensor)
                  .isEqualTo(was.tensors().get(tensor).shape()));
    }
    JsonObject config = Json.parseObject(temp.resolve("back/config.json"));
    JsonObject original = Json.parseObject(golden.resolve("config.json"));
    for (String key : List.of("hidden_size", "num_attention_heads", "intermediate_size")) {
      assertThat(config.requireInt(key)).isEqualTo(original.requireInt(key));
    }
    if (!renamed) {
      assertThat(config.array("architectures")).isEqualTo(original.array("architectures"));
    }
  }

  /** Of the layers of ModernBERT every third sees all, the first one to begin with. */
  @Test
  void thePatternOfLayersMayBeOneNumber() {
    Path golden = Shared.require("goldens/modernbert_embed");
    Path usual = packed(golden);
    try (var before = new EncoderGoldenTest.Runner(golden, usual, 0);
        var third = new EncoderGoldenTest.Runner(golden, every(3, usual), 0);
        var second = new EncoderGoldenTest.Runner(golden, every(2, usual), 0)) {
      int[] longest = before.texts("input_ids").getLast();
      for (int[] text : before.texts("input_ids")) {
        assertThat(third.hidden(text, null)).isDeepEqualTo(before.hidden(text, null));
        longest = text.length > longest.length ? text : longest;
      }
      assertThat(Arrays.deepEquals(second.hidden(longest, null), before.hidden(longest, null)))
          .isFalse();
    }
  }

  private Path every(int period, Path file) {
    Path counted = temp.resolve("every-" + period + ".gguf");
    try (GgufFile from = GgufFile.open(file)) {
      GgufWriter writer =
          new GgufWriter(from.tensors().values().stream().map(OutputTensor::of).toList());
      from.metadata().keys().forEach(k -> writer.putStored(k, from.metadata().stored(k)));
      writer.put("modern-bert.attention.sliding_window_pattern", period);
      AtomicFiles.create(counted, Disk.LOCAL, writer);
    }
    return counted;
  }

  @Test
  void aCrossEncoderWithSeveralLabelsKeepsScoresAndTheirNames() throws IOException {
    Path golden = Shared.require("goldens/xlm_roberta_reranker");
    Path folder = Files.createDirectories(temp.resolve("three"));
    try (ModelSource source = ModelSource.open(golden)) {
      Map<String, Object> config = new LinkedHashMap<>(source.config().fields());
      config.put("id2label", Map.of("0", "no", "1", "perhaps", "2", "yes"));
      List<OutputTensor> tensors = new ArrayList<>();
      for (OutputTensor tensor : source.tensors()) {
        if (!tensor.name().startsWith("classifier.out_proj")) {
          tensors.add(tensor);
        }
      }
      tensors.add(made("classifier.out_proj.weight", 3, 48));
      tensors.add(made("classifier.out_proj.bias", 3));
      FolderExport.write(config, tensors, folder, Disk.LOCAL);
    }
    Path file = packed(folder);
    Path back = unpacked(file);
    try (var first = new EncoderGoldenTest.Runner(golden, folder, 0);
        var before = new EncoderGoldenTest.Runner(golden, file, 0);
        var after = new EncoderGoldenTest.Runner(golden, back, 0)) {
      for (int[] text : before.texts("input_ids")) {
        assertThat(after.summary(text, null))
            .hasSize(3)
            .isEqualTo(before.summary(text, null))
            .isEqualTo(first.summary(text, null));
      }
    }
    JsonObject labels = Json.parseObject(back.resolve("config.json")).object("id2label").get();
    assertThat(labels.fields())
        .containsExactlyInAnyOrderEntriesOf(Map.of("0", "no", "1", "perhaps", "2", "yes"));
  }

  private static OutputTensor made(String name, long... shape) {
    List<Long> sizes = java.util.Arrays.stream(shape).boxed().toList();
    return new OutputTensor(
        name,
        DType.F32,
        sizes,
        (row, out) -> {
          for (int i = 0; i < out.length; i++) {
            out[i] = (float) Math.sin(1 + row * out.length + i);
          }
        });
  }

  @Test
  void scoresOfAMeanAreRefusedSinceGgufWouldScoreTheFirstToken() throws IOException {
    Path golden = Shared.require("goldens/modernbert_embed");
    Path folder = Files.createDirectories(temp.resolve("mean"));
    try (ModelSource source = ModelSource.open(golden)) {
      Map<String, Object> config = new LinkedHashMap<>(source.config().fields());
      config.put("architectures", List.of("ModernBertForSequenceClassification"));
      config.put("classifier_pooling", "mean");
      List<OutputTensor> tensors = new ArrayList<>();
      source.tensors().forEach(t -> tensors.add(t.named("model." + t.name())));
      tensors.add(made("head.dense.weight", 48, 48));
      tensors.add(made("head.norm.weight", 48));
      tensors.add(made("classifier.weight", 2, 48));
      tensors.add(made("classifier.bias", 2));
      FolderExport.write(config, tensors, folder, Disk.LOCAL);
    }
    assertThatThrownBy(() -> packed(folder))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("MEAN");
  }

  @Test
  void thePoolingIsWrittenAsSentenceTransformersHaveIt() throws IOException {
    Path folder = Files.createDirectories(temp.resolve("pooled"));
    Path golden = Shared.require("goldens/bert_embed");
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(golden.resolve(file), folder.resolve(file));
    }
    Files.writeString(
        folder.resolve("modules.json"),
        "[{\"path\":\"1_Pooling\",\"type\":\"sentence_transformers.models.Pooling\"}]");
    Files.createDirectories(folder.resolve("1_Pooling"));
    Files.writeString(folder.resolve("1_Pooling/config.json"), "{\"pooling_mode_cls_token\":true}");
    Path file = packed(folder);
    EmbeddingDefaults expected;
    try (Model model = Model.open(file, Backend.cpu())) {
      expected = model.embedding();
    }
    assertThat(expected.pooling()).isEqualTo(Pooling.CLS);
    assertThat(EmbeddingDefaults.of(unpacked(file))).isEqualTo(expected);
  }
}
