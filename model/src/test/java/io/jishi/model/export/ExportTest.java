// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.JishiException;
import io.jishi.model.gguf.GgufFile;
import io.jishi.tensor.DType;
import io.jishi.testkit.Shared;
import io.jishi.text.GgufTokenizer;
import io.jishi.text.HuggingFaceTokenizer;
import io.jishi.text.Tokenizer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExportTest {
  /** Q8_0 rounds weights to 1/254 of a block's largest; logits of these models are about 1. */
  private static final float Q8_LOGITS = 0.1f;

  private static final int[] TOKENS = {5, 17, 3, 99, 42, 250, 7};

  @TempDir Path temp;

  @ParameterizedTest
  @ValueSource(
      strings = {"llama", "llama_bias", "llama3_rope", "llama_linear_rope", "qwen2", "qwen3"})
  void aModelGivesTheSameLogitsFromBothFormats(String family) {
    Path folder = Shared.require("goldens/" + family);
    float[] expected = logits(folder);
    Path gguf = temp.resolve("model.gguf");
    Path copy = temp.resolve("copy");
    try (ModelSource model = ModelSource.open(folder)) {
      GgufExport.write(model, gguf, DType.F32, Disk.LOCAL);
      FolderExport.write(model, copy, DType.F32, Disk.LOCAL);
    }
    assertThat(logits(copy)).isEqualTo(expected);
    // The order of a head's values differs between the files of llama, and so that of its sums.
    assertClose(logits(gguf), expected, 2e-5f);
  }

  @Test
  void aTableThatIsPublishedUnderTheNameOfTheOutputIsNotLost() {
    Path folder = Shared.require("weights/learning-lm-story");
    Path gguf = temp.resolve("story.gguf");
    try (ModelSource model = ModelSource.open(folder)) {
      GgufExport.write(model, gguf, DType.F32, Disk.LOCAL);
    }
    // The order of a head's values differs, and so that of its sums; logits are about 10.
    assertClose(logits(gguf), logits(folder), 2e-4f);
  }

  @Test
  void quantisedFilesLoadAndStayNear() {
    Path folder = Shared.require("goldens/llama");
    Path gguf = temp.resolve("q8.gguf");
    try (ModelSource model = ModelSource.open(folder)) {
      GgufExport.write(model, gguf, DType.Q8_0, Disk.LOCAL);
    }
    assertClose(logits(gguf), logits(folder), Q8_LOGITS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bpe_gpt2",
        "bpe_llama3",
        "bpe_glm4",
        "bpe_qwen2",
        "bpe_deepseek_v3",
        "bpe_kimi_k2",
        "bpe_o200k",
        "wordpiece_bert"
      })
  void aTokenizerSurvivesTheWayToGguf(String name) {
    Path folder = Shared.require("goldens/tokenizers/" + name);
    Tokenizer from = HuggingFaceTokenizer.read(folder);
    GgufWriter writer = new GgufWriter(List.of()).put("general.architecture", "qwen2");
    GgufVocabulary.put(writer, folder, from.vocabSize() + 3);
    Path file = temp.resolve("vocabulary.gguf");
    AtomicFiles.create(file, Disk.LOCAL, writer);
    String text = "Hello, 世界! I've 12345 <|im_end|> <|endoftext|>\n\n  done";
    try (GgufFile gguf = GgufFile.open(file)) {
      Tokenizer to = GgufTokenizer.read("gguf", gguf::metadata);
      for (Tokenizer.Special special : Tokenizer.Special.values()) {
        assertThat(to.encode(text, special)).isEqualTo(from.encode(text, special));
      }
      assertThat(to.vocabSize()).isEqualTo(from.vocabSize() + 3);
    }
  }

  @Test
  void aUnigramVocabularySurvivesTheWayToGguf() throws IOException {
    Path folder = Files.createDirectories(temp.resolve("unigram"));
    Files.writeString(
        folder.resolve("tokenizer.json"),
        """
        {"version":"1.0","added_tokens":[
          {"id":0,"content":"<s>","special":true},{"id":1,"content":"<pad>","special":true},
          {"id":2,"content":"</s>","special":true},{"id":3,"content":"<unk>","special":true}],
         "normalizer":null,
         "pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"},
         "post_processor":{"type":"TemplateProcessing",
           "single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}},
             {"SpecialToken":{"id":"</s>","type_id":0}}],
           "pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[0],"tokens":["<s>"]},
             "</s>":{"id":"</s>","ids":[2],"tokens":["</s>"]}}},
         "decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"},
         "model":{"type":"Unigram","unk_id":3,"byte_fallback":false,"vocab":[["<s>",0.0],
           ["<pad>",0.0],["</s>",0.0],["<unk>",0.0],["▁",-2.5],["▁cat",-3.0],["s",-4.0],
           ["c",-6.0],["a",-6.5],["t",-6.25],["▁cats",-6.0]]}}
        """);
    Tokenizer from = HuggingFaceTokenizer.read(folder);
    GgufWriter writer = new GgufWriter(List.of()).put("general.architecture", "bert");
    GgufVocabulary.put(writer, folder, from.vocabSize());
    Path file = temp.resolve("unigram.gguf");
    AtomicFiles.create(file, Disk.LOCAL, writer);
    try (GgufFile gguf = GgufFile.open(file)) {
      Tokenizer to = GgufTokenizer.read("gguf", gguf::metadata);
      for (String text : List.of("cat cats", "at sac", "cat dog")) {
        int[] expected = from.frame(from.encode(text, Tokenizer.Special.TEXT));
        assertThat(to.frame(to.encode(text, Tokenizer.Special.TEXT))).isEqualTo(expected);
      }
    }
  }

  @Test
  void sentencePieceOfMergesSurvivesTheWayToGguf() {
    Path folder = Shared.require("weights/learning-lm-story");
    Tokenizer from = HuggingFaceTokenizer.read(folder);
    GgufWriter writer = new GgufWriter(List.of()).put("general.architecture", "llama");
    GgufVocabulary.put(writer, folder, from.vocabSize());
    Path file = temp.resolve("merges.gguf");
    AtomicFiles.create(file, Disk.LOCAL, writer);
    try (GgufFile gguf = GgufFile.open(file)) {
      Tokenizer to = GgufTokenizer.read("gguf", gguf::metadata);
      for (String text :
          List.of(
              "Once upon a time, there was a little girl named Lily.",
              "  two  spaces\n\nand 12345 numbers",
              "世界 Ünïcode \uD83D\uDE00 </s> end",
              "antidisestablishmentarianism and supercalifragilistic")) {
        int[] expected = from.encode(text, Tokenizer.Special.TEXT);
        assertThat(to.encode(text, Tokenizer.Special.TEXT)).as(text).isEqualTo(expected);
        assertThat(to.frame(expected)).isEqualTo(from.frame(expected));
      }
    }
  }

  @Test
  void aTokenizerThatGgufCannotNameIsRefused() {
    Path folder = Shared.require("goldens/tokenizers/bpe_gpt2_prefix_space");
    assertThatThrownBy(() -> GgufVocabulary.put(new GgufWriter(List.of()), folder, 9999))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("Export safetensors instead");
  }

  @Test
  void nothingIsOverwritten() throws IOException {
    Path folder = Shared.require("goldens/llama");
    Path there = Files.writeString(temp.resolve("there.gguf"), "mine");
    try (ModelSource model = ModelSource.open(folder)) {
      assertThatThrownBy(() -> GgufExport.write(model, there, DType.F32, Disk.LOCAL))
          .isInstanceOf(JishiException.BadFile.class)
          .hasMessageContaining("exists already");
      assertThatThrownBy(() -> FolderExport.write(model, temp, DType.F32, Disk.LOCAL))
          .isInstanceOf(JishiException.BadFile.class);
    }
    assertThat(there).hasContent("mine");
  }

  @Test
  void aFullDiskLeavesNothingBehindAndSaysSo() throws IOException {
    Path folder = Shared.require("goldens/llama");
    Disk small = file -> new SmallDisk(Disk.LOCAL.create(file), 10_000);
    try (ModelSource model = ModelSource.open(folder)) {
      assertThatThrownBy(() -> GgufExport.write(model, temp.resolve("a.gguf"), DType.F32, small))
          .isInstanceOf(JishiException.OutOfResources.class)
          .hasMessageContaining("disk is full");
      assertThatThrownBy(() -> FolderExport.write(model, temp.resolve("a"), DType.F32, small))
          .isInstanceOf(JishiException.OutOfResources.class);
    }
    try (Stream<Path> left = Files.list(temp)) {
      assertThat(left).isEmpty();
    }
  }

  /** A disk with room for so many bytes a file. */
  private static final class SmallDisk extends OutputStream {
    private final OutputStream out;
    private long room;

    SmallDisk(OutputStream out, long room) {
      this.out = out;
      this.room = room;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      room -= count;
      if (room < 0) {
        throw new IOException("No space left on device");
      }
      out.write(bytes, offset, count);
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }

  private static void assertClose(float[] actual, float[] expected, float tolerance) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within(tolerance));
    }
  }

  private static float[] logits(Path path) {
    return Logits.of(path, TOKENS);
  }
}
