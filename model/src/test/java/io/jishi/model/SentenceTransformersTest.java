// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SentenceTransformersTest {
  private static final String POOLING =
      "[{\"path\":\"1_Pooling\",\"type\":\"sentence_transformers.models.Pooling\"}]";

  @Test
  void aFolderWithoutTheFilesSaysNothing(@TempDir Path folder) {
    assertThat(EmbeddingDefaults.of(folder)).isEqualTo(EmbeddingDefaults.NONE);
  }

  @Test
  void theNewerFormOfPoolingIsRead(@TempDir Path folder) throws IOException {
    write(folder, "modules.json", POOLING);
    write(folder, "1_Pooling/config.json", "{\"pooling_mode\":\"lasttoken\"}");
    EmbeddingDefaults read = EmbeddingDefaults.of(folder);
    assertThat(read.pooling()).isEqualTo(Pooling.LAST);
    assertThat(read.normalise()).isFalse();
  }

  @Test
  void twoPoolingsAtOnceAreRefused(@TempDir Path folder) throws IOException {
    write(folder, "modules.json", POOLING);
    write(
        folder,
        "1_Pooling/config.json",
        "{\"pooling_mode_cls_token\":true,\"pooling_mode_mean_tokens\":true}");
    assertThatThrownBy(() -> EmbeddingDefaults.of(folder))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("pooling_mode_mean_tokens");
  }

  @Test
  void aPathOutOfTheFolderIsNotFollowed(@TempDir Path folder) throws IOException {
    Path inner = Files.createDirectories(folder.resolve("model"));
    write(folder, "out/config.json", "{\"pooling_mode\":\"cls\"}");
    write(inner, "modules.json", POOLING.replace("1_Pooling", "../out"));
    assertThatThrownBy(() -> EmbeddingDefaults.of(inner))
        .isInstanceOf(JishiException.BadFile.class);
  }

  @Property(tries = 300)
  void whateverTheFilesHoldIsReadOrRefused(
      @ForAll("json") String modules, @ForAll("json") String pooling, @ForAll("json") String rest)
      throws IOException {
    Path folder = Files.createTempDirectory("st");
    try {
      write(folder, "modules.json", modules);
      write(folder, "1_Pooling/config.json", pooling);
      write(folder, "sentence_bert_config.json", rest);
      write(folder, "config_sentence_transformers.json", rest);
      assertThat(EmbeddingDefaults.of(folder)).isNotNull();
    } catch (JishiException e) {
      assertThat(e.getMessage()).isNotBlank();
    } finally {
      io.jishi.model.export.AtomicFiles.delete(folder);
    }
  }

  @Provide
  Arbitrary<String> json() {
    Arbitrary<String> piece =
        Arbitraries.of(
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"path\"",
            "\"1_Pooling\"",
            "\"type\"",
            "null",
            "true",
            "\"sentence_transformers.models.Pooling\"",
            "\"pooling_mode_cls_token\"",
            "-1",
            "1e99",
            "\"max_seq_length\"",
            "\"prompts\"",
            "\"\\u0000\"");
    return Arbitraries.oneOf(
        Arbitraries.of(POOLING, "{\"pooling_mode_cls_token\":true}", "{}", "[]", "[null]", "[{}]"),
        piece.list().ofMaxSize(12).map(parts -> String.join("", parts)));
  }

  private static void write(Path folder, String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
