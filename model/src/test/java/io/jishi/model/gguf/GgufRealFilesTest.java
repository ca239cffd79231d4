// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.model.StoredTensor;
import io.jishi.tensor.DType;
import io.jishi.testkit.BlockType;
import io.jishi.testkit.RandomModel;
import io.jishi.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufRealFilesTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"F32", "F16", "Q8_0"})
  void storiesOpensInEachType(String type) {
    Path path = Shared.require("weights/stories260K/stories260K-" + type + ".gguf");
    try (GgufFile file = GgufFile.open(path)) {
      GgufMetadata m = file.metadata();
      assertThat(m.string("general.architecture")).isEqualTo("llama");
      assertThat(m.intValue("llama.embedding_length")).isEqualTo(64);
      assertThat((String[]) m.get("tokenizer.ggml.tokens")).hasSize(512);
      assertThat((float[]) m.get("tokenizer.ggml.scores")).hasSize(512);
      assertThat((int[]) m.get("tokenizer.ggml.token_type")).hasSize(512);
      StoredTensor embedding = file.tensors().get("token_embd.weight");
      assertThat(embedding.shape()).containsExactly(512L, 64L);
      assertThat(file.tensors().values()).anyMatch(t -> t.type() == DType.valueOf(type));
    }
  }

  @Test
  void vocabularyFilesOpen() throws IOException {
    List<Path> paths;
    try (Stream<Path> all = Files.list(Shared.require("tokenizers/llamacpp-vocab"))) {
      paths = all.filter(p -> p.toString().endsWith(".gguf")).toList();
    }
    assertThat(paths).isNotEmpty();
    for (Path path : paths) {
      try (GgufFile file = GgufFile.open(path)) {
        String[] tokens = (String[]) file.metadata("tokenizer.ggml.tokens");
        assertThat((int[]) file.metadata("tokenizer.ggml.token_type"))
            .as(path.toString())
            .hasSameSizeAs(tokens);
        assertThat(file.tensors()).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRandomModelOfEachTypeIsComplete(BlockType type) {
    Path path = folder.resolve("random.gguf");
    RandomModel.Shape shape = RandomModel.Shape.tiny(type);
    RandomModel.write(path, shape);
    try (GgufFile file = GgufFile.open(path)) {
      assertThat(file.tensors()).hasSize(3 + 9 * shape.layers());
      assertThat(file.tensors().values().stream().mapToLong(StoredTensor::elements).sum())
          .isEqualTo(shape.parameters());
      StoredTensor up = file.tensors().get("blk.1.ffn_up.weight");
      assertThat(up.type().name()).isEqualTo(type.name());
      assertThat(up.shape()).containsExactly((long) shape.feedForward(), (long) shape.dim());
      assertThat((String[]) file.metadata("tokenizer.ggml.tokens"))
          .hasSize(shape.vocabulary())
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void theSameSeedGivesTheSameModel() {
    RandomModel.Shape shape = RandomModel.Shape.tiny(BlockType.Q8_0);
    assertThat(RandomModel.writer(shape).toBytes()).isEqualTo(RandomModel.writer(shape).toBytes());
  }
}
