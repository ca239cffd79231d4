// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.model.export.Disk;
import io.jishi.model.export.FolderExport;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.ModelSource;
import io.jishi.model.export.Progress;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.testkit.Shared;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that are written to GGUF by their specs compute what they computed before. */
class SpecExportTest {
  /** Vectors are stored as F32, so values are the same; some sums stand in another order. */
  private static final float SAME = 2e-5f;

  /** Q8_0 rounds weights to 1/254 of a block's largest; hidden states are of order one. */
  private static final float NEAR = 0.15f;

  private static final int[] TOKENS = {5, 17, 3, 99, 42, 250, 7};

  @TempDir Path temp;

  private Path converted(Path folder, String type) {
    Path file = temp.resolve(folder.getFileName() + "-" + type + ".gguf");
    try (ModelSource source = ModelSource.open(folder)) {
      GgufExport.write(source, file, WeightMix.of(type), Disk.LOCAL, Progress.NONE);
    }
    return file;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"bert_embed", "xlm_roberta_embed", "nomic_bert_embed", "modernbert_embed"})
  void anEncoderGivesTheSameHiddenStates(String name) {
    Path folder = Shared.require("goldens/" + name);
    try (EncoderGoldenTest.Runner before = new EncoderGoldenTest.Runner(folder, 0);
        EncoderGoldenTest.Runner exact =
            new EncoderGoldenTest.Runner(folder, converted(folder, "f32"), 0);
        EncoderGoldenTest.Runner rounded =
            new EncoderGoldenTest.Runner(folder, converted(folder, "q8_0"), 0)) {
      for (int[] text : before.texts("input_ids")) {
        float[][] expected = before.hidden(text, null);
        check(exact.hidden(text, null), expected, SAME);
        check(rounded.hidden(text, null), expected, NEAR);
      }
    }
  }

  @Test
  void aCrossEncoderGivesTheSameScores() {
    Path folder = Shared.require("goldens/xlm_roberta_reranker");
    try (EncoderGoldenTest.Runner before = new EncoderGoldenTest.Runner(folder, 0);
        EncoderGoldenTest.Runner after =
            new EncoderGoldenTest.Runner(folder, converted(folder, "f32"), 0)) {
      for (int[] text : before.texts("input_ids")) {
        check(
            new float[][] {after.summary(text, null)},
            new float[][] {before.summary(text, null)},
            SAME);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "qwen2_moe", "gemma", "cohere", "phi3", "gpt2", "granite"})
  void aDecoderGivesTheSameLogits(String name) {
    Path folder = Shared.require("goldens/" + name);
    try (GoldenTest.Runner before = new GoldenTest.Runner(folder, DType.F32);
        GoldenTest.Runner after = new GoldenTest.Runner(converted(folder, "f32"), DType.F32)) {
      check(after.logits(TOKENS), before.logits(TOKENS), SAME);
    }
  }

  @Test
  void thePoolingGoesAlong() throws Exception {
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
    try (Model model = Model.open(converted(folder, "bf16"), Backend.cpu())) {
      assertThat(model.embedding().pooling()).isEqualTo(Pooling.CLS);
    }
    Path copy = temp.resolve("copy");
    try (ModelSource source = ModelSource.open(folder)) {
      FolderExport.write(source, copy, DType.BF16, Disk.LOCAL);
    }
    assertThat(EmbeddingDefaults.of(copy)).isEqualTo(EmbeddingDefaults.of(folder));
  }

  @Test
  void layersThatGgufCannotTellApartAreRefused() {
    Path published = Shared.require("goldens/qwen3_moe");
    assertThatThrownBy(() -> converted(published, "f32"))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("experts");
  }

  @Test
  void aFamilyThatCannotBeWrittenIsNamedWithThoseThatCan() {
    Path published = Shared.require("goldens/rwkv4");
    assertThatThrownBy(() -> converted(published, "f32"))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("rwkv")
        .hasMessageContaining("modernbert");
  }

  private static void check(float[][] actual, float[][] expected, float tolerance) {
    assertThat(actual).hasSameDimensionsAs(expected);
    for (int t = 0; t < expected.length; t++) {
      for (int i = 0; i < expected[t].length; i++) {
        assertThat(actual[t][i])
            .as("token %d, value %d", t, i)
            .isCloseTo(expected[t][i], Offset.offset(tolerance));
      }
    }
  }
}
