// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The vocabularies of published models: ids by the reference libraries. */
class SharedVocabulariesTest {
  @ParameterizedTest
  @CsvSource({
    "llama2, llama2_hf",
    "mistral, mistral_hf",
    "minicpm3, minicpm3_hf",
    "minicpm-v-4, minicpm_v4_hf",
    "minimind, minimind_hf",
    "deepseek-coder, deepseek_coder_hf"
  })
  void tokenizerJsonOfPublishedModels(String folder, String golden) {
    Tokenizer tokenizer = HuggingFaceTokenizer.read(Shared.require("tokenizers/" + folder));
    check(tokenizer, golden, Tokenizer.Special.PARSE);
  }

  @ParameterizedTest
  @CsvSource({
    "llama2, llama2",
    "mistral, mistral",
    "minicpm3, minicpm3",
    "minicpm-v-4, minicpm_v4",
    "minicpm/minicpm_tokenizer, minicpm_2b",
    "minicpm/minicpm_tokenizer_v_2, minicpm_2b_v2",
    "baichuan2, baichuan2",
    "chatglm3, chatglm3",
    "chatglm3, chatglm2"
  })
  void sentencePieceModelsOfPublishedModels(String folder, String golden) throws IOException {
    Path model = Shared.require("tokenizers/" + folder).resolve("tokenizer.model");
    check(Goldens.gguf(SentencePieceFixture.metadata(model)), golden, Tokenizer.Special.TEXT);
    check(PublishedFiles.sentencePiece(model), golden, Tokenizer.Special.TEXT);
  }

  @ParameterizedTest
  @CsvSource({"llama3, llama-bpe, llama3", "glm4, glm4, glm4"})
  void rankedBytesOfPublishedModels(String folder, String pre, String golden) throws IOException {
    Path model = Shared.require("tokenizers/" + folder).resolve("tokenizer.model");
    Map<String, Object> metadata = TiktokenFixture.metadata(model, pre);
    check(Goldens.gguf(metadata), golden, Tokenizer.Special.TEXT);
    check(PublishedFiles.ranks(model, "ChatGLM4Tokenizer"), golden, Tokenizer.Special.TEXT);
  }

  /**
   * Where we differ on purpose. The reference library does not find "&lt;/s>" within a text, for
   * the file calls it normalized and the normalizer puts a mark before it; the library of the
   * model's authors finds it, and what a template wrote must be found.
   */
  private static final Map<String, int[]> EXCEPTIONS =
      Map.of("llama2_hf <s>text</s>", new int[] {1, 1426, 2});

  private static void check(Tokenizer tokenizer, String name, Tokenizer.Special special) {
    Path folder = Shared.require("goldens/tokenizers_real");
    List<Object> strings =
        Json.parseObject(folder.resolve("_strings.json")).array("strings").orElseThrow();
    JsonObject golden = Json.parseObject(folder.resolve(name + ".json"));
    List<Object> expected = golden.array("ids").orElseThrow();
    JsonObject decoded = golden.object("decode_where_not_equal_to_text").orElseThrow();
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < strings.size(); i++) {
      String text = (String) strings.get(i);
      @SuppressWarnings("unchecked") // arrays of JSON are lists of objects
      int[] ids = Goldens.ints((List<Object>) expected.get(i));
      int[] actual = tokenizer.encode(text, special);
      ids = EXCEPTIONS.getOrDefault(name + " " + text, ids);
      if (!Arrays.equals(ids, actual)) {
        wrong.add(
            i
                + " '"
                + text
                + "' expected "
                + Arrays.toString(ids)
                + " but was "
                + Arrays.toString(actual));
      }
      boolean plain = Arrays.stream(ids).noneMatch(tokenizer::isControl);
      String back = decoded.text(Integer.toString(i)).orElse(text);
      if (plain && !tokenizer.decode(ids).equals(back)) {
        wrong.add(i + " decode '" + back + "' was '" + tokenizer.decode(ids) + "'");
      }
      assertThat(Goldens.streamed(tokenizer, ids)).isEqualTo(tokenizer.decode(ids));
    }
    assertThat(wrong).isEmpty();
  }

  /** All of {@code tokenizers/goldens.json}: 21 vocabularies, 42 texts each. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama2",
        "minicpm",
        "minicpm-v-2",
        "minicpm3",
        "minicpm4",
        "minicpm-v-4",
        "baichuan2",
        "chatglm3",
        "mistral",
        "llama2-json",
        "mistral-json",
        "minicpm3-json",
        "minicpm-v-4-json",
        "deepseek-coder-json",
        "minimind-json",
        "learning-lm-story",
        "llama3",
        "glm4",
        "qwen2.5",
        "aquila-Aquila-tokenizer-hf",
        "aquila-Aquila-sql"
      })
  void vocabulariesGiveTheIdsOfTheirReference(String name) throws IOException {
    Path root = Shared.require("tokenizers");
    JsonObject all = Json.parseObject(root.resolve("goldens.json"));
    List<Object> texts = all.array("texts").orElseThrow();
    JsonObject golden = all.object("goldens").orElseThrow().object(name).orElseThrow();
    assertThat(all.object("goldens").orElseThrow().fields()).hasSize(21);
    String kind = golden.text("kind").orElseThrow();
    Path file = root.resolve((String) golden.array("files").orElseThrow().getFirst()).normalize();
    Tokenizer tokenizer = PublishedFiles.open(kind, file);
    Tokenizer.Special special =
        kind.contains("add_special_tokens") ? Tokenizer.Special.PARSE : Tokenizer.Special.TEXT;
    List<Object> expected = golden.array("ids").orElseThrow();
    assertThat(expected).hasSameSizeAs(texts);
    for (int i = 0; i < texts.size(); i++) {
      @SuppressWarnings("unchecked") // arrays of JSON are lists of objects
      int[] ids = Goldens.ints((List<Object>) expected.get(i));
      assertThat(tokenizer.encode((String) texts.get(i), special))
          .as("'%s'", texts.get(i))
          .isEqualTo(ids);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "llama-spm",
    "bert-bge",
    "phi-3",
    "deepseek-coder",
    "deepseek-llm",
    "falcon",
    "gpt-2",
    "mpt",
    "refact",
    "starcoder"
  })
  void ggufVocabulariesOfPublishedModels(String name) throws IOException {
    Path folder = Shared.require("tokenizers/llamacpp-vocab");
    Tokenizer tokenizer =
        Goldens.gguf(GgufFixture.metadata(folder.resolve("ggml-vocab-" + name + ".gguf")));
    checkPairs(tokenizer, folder, name);
  }

  @ParameterizedTest
  @CsvSource({"llama3, llama-bpe, llama-bpe"})
  void ggufPairsOfRankedBytes(String model, String pre, String name) throws IOException {
    Path file = Shared.require("tokenizers/" + model).resolve("tokenizer.model");
    Path folder = Shared.require("tokenizers/llamacpp-vocab");
    checkPairs(Goldens.gguf(TiktokenFixture.metadata(file, pre)), folder, name);
  }

  @ParameterizedTest
  @CsvSource({"qwen2", "deepseek-r1-qwen"})
  void ggufPairsOfMergesFiles(String pre) throws IOException {
    Path files = Shared.require("tokenizers/qwen2.5");
    Path folder = Shared.require("tokenizers/llamacpp-vocab");
    checkPairs(Goldens.gguf(TiktokenFixture.mergesFile(files, pre)), folder, pre);
  }

  /** Golden files of which the reference data has no vocabulary: nothing could be compared. */
  private static final Map<String, String> WITHOUT_VOCABULARY =
      Map.of(
          "chatglm1_6b.json", "chatglm1-head/tokenizer.model is not there",
          "cl100k_base.json", "openai-cl100k/cl100k_base.tiktoken is not there",
          "llama4.json", "llama4/tokenizer.model is not there",
          "qwen1.json", "qwen1/qwen.tiktoken is not there",
          "yi.json", "yi/tokenizer.model is not there",
          "ggml-vocab-chameleon.gguf.inp", "its GGUF file is not there",
          "ggml-vocab-command-r.gguf.inp", "its GGUF file is not there",
          "ggml-vocab-roberta-bpe.gguf.inp", "its GGUF file is not there");

  /** What the tests above compare, by the names of their golden files. */
  private static final Set<String> COMPARED =
      Set.of(
          ("llama2_hf mistral_hf minicpm3_hf minicpm_v4_hf minimind_hf deepseek_coder_hf llama2"
                  + " mistral minicpm3 minicpm_v4 minicpm_2b minicpm_2b_v2 baichuan2 chatglm3"
                  + " chatglm2 llama3 glm4")
              .split(" "));

  private static final Set<String> COMPARED_PAIRS =
      Set.of(
          ("llama-spm bert-bge phi-3 deepseek-coder deepseek-llm falcon gpt-2 mpt refact starcoder"
                  + " llama-bpe qwen2 deepseek-r1-qwen")
              .split(" "));

  @Test
  void noGoldenFileIsForgotten() throws IOException {
    try (Stream<Path> real = Files.list(Shared.require("goldens/tokenizers_real"));
        Stream<Path> pairs = Files.list(Shared.require("tokenizers/llamacpp-vocab"))) {
      List<String> forgotten =
          Stream.concat(real, pairs)
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(".json") || name.endsWith(".inp"))
              .filter(name -> !name.startsWith("_") && !WITHOUT_VOCABULARY.containsKey(name))
              .filter(name -> !COMPARED.contains(name.replace(".json", "")))
              .filter(
                  name ->
                      !COMPARED_PAIRS.contains(
                          name.replace("ggml-vocab-", "").replace(".gguf.inp", "")))
              .toList();
      assertThat(forgotten).isEmpty();
    }
  }

  /** Vocabularies that come without pairs: what they encode comes back. */
  @ParameterizedTest
  @ValueSource(strings = {"baichuan", "gpt-neox"})
  void ggufVocabulariesWithoutPairsGiveTheTextBack(String name) throws IOException {
    Path folder = Shared.require("tokenizers/llamacpp-vocab");
    Map<String, Object> metadata =
        GgufFixture.metadata(folder.resolve("ggml-vocab-" + name + ".gguf"));
    Tokenizer tokenizer = Goldens.gguf(metadata);
    String inp = Files.readString(folder.resolve("ggml-vocab-gpt-2.gguf.inp"));
    for (String text : inp.split("\n__ggml_vocab_test__\n")) {
      assertThat(tokenizer.decode(tokenizer.encode(text, Tokenizer.Special.TEXT))).isEqualTo(text);
    }
  }

  private static void checkPairs(Tokenizer tokenizer, Path folder, String name) throws IOException {
    String file = "ggml-vocab-" + name + ".gguf";
    String[] texts =
        Files.readString(folder.resolve(file + ".inp")).split("\n__ggml_vocab_test__\n");
    List<String> lines = Files.readAllLines(folder.resolve(file + ".out"));
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < texts.length; i++) {
      int[] ids =
          Arrays.stream(lines.get(i).trim().split(" "))
              .filter(s -> !s.isEmpty())
              .mapToInt(Integer::parseInt)
              .toArray();
      int[] actual = tokenizer.encode(texts[i], Tokenizer.Special.TEXT);
      if (!Arrays.equals(ids, actual)) {
        wrong.add(
            "'"
                + texts[i]
                + "' expected "
                + Arrays.toString(ids)
                + " but was "
                + Arrays.toString(actual));
      }
    }
    assertThat(wrong).as("of %d", texts.length).isEmpty();
  }
}
