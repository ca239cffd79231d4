// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.model.StoredTensor;
import io.jishi.model.gguf.GgufFile;
import io.jishi.model.safetensors.SafetensorsFolder;
import io.jishi.tensor.DType;
import io.jishi.testkit.Shared;
import io.jishi.text.FolderTokenizer;
import io.jishi.text.GgufTokenizer;
import io.jishi.text.HuggingFaceTokenizer;
import io.jishi.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufImportTest {
  @TempDir Path temp;

  @ParameterizedTest
  @ValueSource(strings = {"llama", "llama_bias", "llama_linear_rope", "qwen2", "qwen3"})
  void theWayToGgufAndBackGivesEveryTensorToTheBit(String family) {
    Path folder = Shared.require("goldens/" + family);
    Path back = temp.resolve("back");
    try (ModelSource model = ModelSource.open(folder)) {
      GgufExport.write(model, temp.resolve("model.gguf"), DType.F32, Disk.LOCAL);
    }
    GgufImport.write(temp.resolve("model.gguf"), back, Disk.LOCAL);
    try (SafetensorsFolder from = SafetensorsFolder.open(folder);
        SafetensorsFolder to = SafetensorsFolder.open(back);
        ModelSource was = ModelSource.open(folder);
        ModelSource is = ModelSource.open(back)) {
      for (StoredTensor tensor : to.tensors().values()) {
        StoredTensor original = from.tensors().get(tensor.name());
        assertThat(tensor.shape()).as(tensor.name()).isEqualTo(original.shape());
        assertThat(values(tensor)).as(tensor.name()).isEqualTo(values(original));
      }
      boolean tied = was.config().bool("tie_word_embeddings").orElse(false);
      assertThat(to.tensors())
          .hasSize(
              (int)
                  from.tensors().keySet().stream()
                      .filter(n -> !(tied && n.equals("lm_head.weight")))
                      .count());
      for (String key :
          List.of("hidden_size", "num_attention_heads", "num_key_value_heads", "vocab_size")) {
        assertThat(is.config().requireInt(key)).isEqualTo(was.config().requireInt(key));
      }
      assertThat(is.config().bool("tie_word_embeddings")).contains(tied);
    }
  }

  /** All values: files may hold them as F16 or BF16. */
  private static float[] values(StoredTensor tensor) {
    OutputTensor read = OutputTensor.of(tensor);
    float[] all = new float[Math.toIntExact(read.rowCount() * read.columns())];
    float[] row = new float[read.columns()];
    for (int r = 0; r < read.rowCount(); r++) {
      read.rows().read(r, row);
      System.arraycopy(row, 0, all, r * row.length, row.length);
    }
    return all;
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
        "bpe_o200k"
      })
  void aTokenizerSurvivesTheWayBack(String name) throws IOException {
    Path folder = Shared.require("goldens/tokenizers/" + name);
    Tokenizer from = HuggingFaceTokenizer.read(folder);
    GgufWriter writer = new GgufWriter(List.of()).put("general.architecture", "qwen2");
    GgufVocabulary.put(writer, folder, from.vocabSize() + 3);
    writer.put("general.sampling.temp", 0f);
    writer.put("tokenizer.chat_template", "{{ messages }}");
    Path file = temp.resolve("vocabulary.gguf");
    AtomicFiles.create(file, Disk.LOCAL, writer);
    try (GgufFile gguf = GgufFile.open(file)) {
      GgufTokenizerFile.write("gguf", gguf.metadata(), temp, Disk.LOCAL);
    }
    Tokenizer to = HuggingFaceTokenizer.read(temp);
    String text = "Hello, 世界! I've 12345 <|im_end|> <|endoftext|>\n\n  done";
    for (Tokenizer.Special special : Tokenizer.Special.values()) {
      assertThat(to.encode(text, special)).isEqualTo(from.encode(text, special));
    }
    assertThat(to.eos()).isEqualTo(from.eos());
    assertThat(to.addsBos()).isEqualTo(from.addsBos());
    assertThat(temp.resolve("chat_template.jinja")).hasContent("{{ messages }}");
    assertThat(temp.resolve("generation_config.json")).hasContent("{\"do_sample\":false}");
  }

  /** SentencePiece's BPE: tokenizer.model, with tokens of its companions where it has some. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "goldens/tokenizers/spm_bpe_llama2",
        "goldens/tokenizers/spm_bpe_baichuan",
        "goldens/tokenizers/spm_bpe_minicpm",
        "tokenizers/baichuan2",
        "tokenizers/chatglm3",
        "tokenizers/internlm2"
      })
  void aSentencePieceModelGoesThereAndBack(String name) throws IOException {
    Path folder = Shared.require(name);
    Tokenizer from = FolderTokenizer.read(folder);
    GgufWriter writer = new GgufWriter(List.of()).put("general.architecture", "llama");
    GgufVocabulary.put(writer, folder, from.vocabSize() + 3);
    Path file = temp.resolve("vocabulary.gguf");
    AtomicFiles.create(file, Disk.LOCAL, writer);
    try (GgufFile gguf = GgufFile.open(file)) {
      same(GgufTokenizer.read("gguf", gguf.metadata()::get), from);
      GgufTokenizerFile.write("gguf", gguf.metadata(), temp, Disk.LOCAL);
    }
    same(FolderTokenizer.read(temp), from);
  }

  /** WordPiece and SentencePiece's unigram, of encoders. */
  @ParameterizedTest
  @ValueSource(strings = {"wordpiece_bert", "unigram"})
  void aVocabularyOfAnEncoderGoesThereAndBack(String name) throws IOException {
    Path file = temp.resolve("vocabulary.gguf");
    GgufWriter writer = new GgufWriter(List.of()).put("general.architecture", "bert");
    if (name.startsWith("wordpiece")) {
      Path folder = Shared.require("goldens/tokenizers/" + name);
      GgufVocabulary.put(writer, folder, FolderTokenizer.read(folder).vocabSize() + 3);
    } else {
      unigram(writer);
    }
    AtomicFiles.create(file, Disk.LOCAL, writer);
    try (GgufFile gguf = GgufFile.open(file)) {
      GgufTokenizerFile.write("gguf", gguf.metadata(), temp, Disk.LOCAL);
      Tokenizer from = GgufTokenizer.read("gguf", gguf.metadata()::get);
      Tokenizer to = FolderTokenizer.read(temp);
      String text = "  Hello, world!  The costs of 12345 are  unbelievable. ";
      int[] tokens = from.encode(text, Tokenizer.Special.TEXT);
      assertThat(to.encode(text, Tokenizer.Special.TEXT)).isEqualTo(tokens);
      assertThat(to.decode(tokens)).isEqualTo(from.decode(tokens));
      assertThat(to.frame(tokens)).isEqualTo(from.frame(tokens)).hasSizeGreaterThan(tokens.length);
    }
  }

  /** Letters, and some longer pieces that are likelier than their letters. */
  private static void unigram(GgufWriter writer) {
    List<String> pieces = new ArrayList<>(List.of("<s>", "<pad>", "</s>", "<unk>", "\u2581"));
    pieces.addAll(List.of("\u2581Hello", "\u2581the", "or", "be", "able", "\u2581un", "liev"));
    for (char c = '!'; c <= '~'; c++) {
      pieces.add(String.valueOf(c));
    }
    int size = pieces.size();
    float[] scores = new float[size];
    int[] types = new int[size];
    for (int id = 0; id < size; id++) {
      scores[id] = pieces.get(id).length() == 1 ? -9.5f - id / 64f : -4.25f;
      types[id] = id == 3 ? GgufVocabulary.UNKNOWN : id < 3 ? GgufVocabulary.CONTROL : 1;
    }
    writer
        .put("tokenizer.ggml.model", "t5")
        .put("tokenizer.ggml.tokens", pieces.toArray(String[]::new))
        .put("tokenizer.ggml.scores", scores)
        .put("tokenizer.ggml.token_type", types)
        .put("tokenizer.ggml.unknown_token_id", 3)
        .put("tokenizer.ggml.bos_token_id", 0)
        .put("tokenizer.ggml.eos_token_id", 2)
        .put("tokenizer.ggml.add_bos_token", true)
        .put("tokenizer.ggml.add_eos_token", true);
  }

  /** What ends each sequence of an embedding model is no part of its words, but of its frame. */
  @Test
  void aTokenBehindEachSequenceGoesThereAndBack() throws IOException {
    Path folder = Shared.require("goldens/tokenizers/bpe_qwen2");
    Path ending = Files.createDirectories(temp.resolve("ending"));
    Map<String, Object> root =
        new LinkedHashMap<>(Json.parseObject(folder.resolve("tokenizer.json")).fields());
    int end = HuggingFaceTokenizer.read(folder).token("<|endoftext|>").orElseThrow();
    String[] pieces = new String[end + 1];
    pieces[end] = "<|endoftext|>";
    root.put("post_processor", GgufPiecesFile.template(-1, end, pieces, 0));
    Files.writeString(ending.resolve("tokenizer.json"), Json.write(root));
    Tokenizer from = HuggingFaceTokenizer.read(ending);
    GgufWriter writer = new GgufWriter(List.of()).put("general.architecture", "qwen3");
    GgufVocabulary.put(writer, ending, from.vocabSize());
    Path file = temp.resolve("vocabulary.gguf");
    AtomicFiles.create(file, Disk.LOCAL, writer);
    int[] framed = from.frame(new int[] {5});
    assertThat(framed).containsExactly(5, end);
    try (GgufFile gguf = GgufFile.open(file)) {
      Tokenizer between = GgufTokenizer.read("gguf", gguf.metadata()::get);
      assertThat(between.frame(new int[] {5})).isEqualTo(framed);
      GgufTokenizerFile.write("gguf", gguf.metadata(), temp, Disk.LOCAL);
    }
    assertThat(HuggingFaceTokenizer.read(temp).frame(new int[] {5})).isEqualTo(framed);
  }

  /** Vocabularies of real models, which an outside program wrote. */
  @ParameterizedTest
  @ValueSource(strings = {"llama-spm", "phi-3", "deepseek-llm"})
  void aRealVocabularyIsUnpacked(String name) throws IOException {
    Path file = Shared.require("tokenizers/llamacpp-vocab").resolve("ggml-vocab-" + name + ".gguf");
    try (GgufFile gguf = GgufFile.open(file)) {
      GgufTokenizerFile.write("gguf", gguf.metadata(), temp, Disk.LOCAL);
      same(FolderTokenizer.read(temp), GgufTokenizer.read("gguf", gguf.metadata()::get));
    }
  }

  /** Published BERT names no token that ends a text; GGUF takes the separator for it. */
  @Test
  void aRealVocabularyOfBertIsUnpacked() throws IOException {
    Path file = Shared.require("tokenizers/llamacpp-vocab").resolve("ggml-vocab-bert-bge.gguf");
    try (GgufFile gguf = GgufFile.open(file)) {
      GgufTokenizerFile.write("gguf", gguf.metadata(), temp, Disk.LOCAL);
      Tokenizer from = GgufTokenizer.read("gguf", gguf.metadata()::get);
      Tokenizer to = FolderTokenizer.read(temp);
      String text = "Hello, 世界! I've 12345  spaces [MASK] unbelievable\n\n  done 👍 naïve";
      for (Tokenizer.Special special : Tokenizer.Special.values()) {
        assertThat(to.encode(text, special)).isEqualTo(from.encode(text, special));
      }
      int[] tokens = from.encode(text, Tokenizer.Special.TEXT);
      assertThat(to.frame(tokens)).isEqualTo(from.frame(tokens));
    }
  }

  private static void same(Tokenizer to, Tokenizer from) {
    String text = "Hello, 世界! I've 12345  spaces <|im_end|> <|user|>\n\n  done 👍 naïve";
    for (Tokenizer.Special special : Tokenizer.Special.values()) {
      assertThat(to.encode(text, special)).isEqualTo(from.encode(text, special));
    }
    int[] tokens = from.encode(text, Tokenizer.Special.TEXT);
    assertThat(to.decode(tokens)).isEqualTo(from.decode(tokens));
    assertThat(to.frame(tokens)).isEqualTo(from.frame(tokens));
    assertThat(to.eos()).isEqualTo(from.eos());
  }

  @Test
  void whatCannotBeUnpackedIsToldByName() {
    Path gpt = temp.resolve("gpt.gguf");
    GgufWriter writer = new GgufWriter(List.of()).put("general.architecture", "rwkv7");
    AtomicFiles.create(gpt, Disk.LOCAL, writer);
    assertThatThrownBy(() -> GgufImport.write(gpt, temp.resolve("out"), Disk.LOCAL))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContainingAll("gpt.gguf", "'rwkv7'", "gpt2", "qwen3next");
    Path empty = temp.resolve("empty.gguf");
    AtomicFiles.create(
        empty, Disk.LOCAL, new GgufWriter(List.of()).put("general.architecture", "llama"));
    assertThatThrownBy(() -> GgufImport.write(empty, temp.resolve("out"), Disk.LOCAL))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("block_count");
    assertThat(Files.exists(temp.resolve("out"))).isFalse();
  }
}
