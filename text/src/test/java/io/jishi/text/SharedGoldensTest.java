// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** All fixtures of the reference data: tokenizers trained for Jishi, ids by the reference. */
class SharedGoldensTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "bpe_deepseek_v3",
        "bpe_glm4",
        "bpe_gpt2",
        "bpe_gpt2_prefix_space",
        "bpe_kimi_k2",
        "bpe_llama3",
        "bpe_o200k",
        "bpe_qwen2",
        "wordpiece_bert"
      })
  void tokenizerJsonGivesTheIdsOfTheReference(String name) {
    Path folder = Shared.require("goldens/tokenizers/" + name);
    Tokenizer tokenizer = HuggingFaceTokenizer.read(folder);
    JsonObject golden = Json.parseObject(folder.resolve("golden.json"));
    assertThat(tokenizer.vocabSize()).isEqualTo(golden.requireInt("vocab_size"));
    Goldens.check(golden, new Goldens.Compared(tokenizer, Tokenizer.Special.PARSE, true));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spm_bpe_baichuan",
        "spm_bpe_llama2",
        "spm_bpe_minicpm",
        "spm_unigram_bytefallback",
        "spm_unigram_nfkc_cf_mask",
        "spm_unigram_nmt_nfkc"
      })
  void tokenizerModelGivesTheIdsOfSentencePiece(String name) {
    Path folder = Shared.require("goldens/tokenizers/" + name);
    Tokenizer tokenizer = FolderTokenizer.read(folder);
    JsonObject golden = Json.parseObject(folder.resolve("golden.json"));
    assertThat(tokenizer.vocabSize()).isEqualTo(golden.requireInt("vocab_size"));
    Goldens.check(golden, new Goldens.Compared(tokenizer, Tokenizer.Special.TEXT, false));
  }

  /** The same models as a converter writes them to GGUF, with the map of their normalizer. */
  @ParameterizedTest
  @ValueSource(
      strings = {"spm_unigram_bytefallback", "spm_unigram_nfkc_cf_mask", "spm_unigram_nmt_nfkc"})
  void unigramInGgufGivesTheIdsOfSentencePiece(String name) throws IOException {
    Path folder = Shared.require("goldens/tokenizers/" + name);
    Path file = folder.resolve("tokenizer.model");
    byte[] data = Files.readAllBytes(file);
    Map<String, Object> metadata =
        TestTokenizers.asUnigramGguf(
            SentencePieceModel.read(name, data), TestTokenizers.charsmap(data));
    Goldens.check(
        Json.parseObject(folder.resolve("golden.json")),
        new Goldens.Compared(Goldens.gguf(metadata), Tokenizer.Special.TEXT, false));
  }

  /** Ranks alone, with the split pattern that the fixture names and no special tokens. */
  @ParameterizedTest
  @CsvSource({
    "bpe_glm4, ChatGLM4Tokenizer",
    "bpe_kimi_k2, TikTokenTokenizer",
    "bpe_llama3, ChatGLM4Tokenizer"
  })
  void ranksGiveTheIdsOfTiktoken(String name, String family) throws IOException {
    Path folder = Shared.require("goldens/tokenizers/" + name);
    Path file = folder.resolve("tiktoken.model");
    Tokenizer tokenizer =
        ByteLevelTokenizer.ofRanks(
            file.toString(),
            TiktokenRanks.read(file.toString(), Files.readAllBytes(file)),
            FolderTokens.none(name, TokenizerFamily.named(family)));
    Tokenizer full = HuggingFaceTokenizer.read(folder);
    JsonObject golden = Json.parseObject(folder.resolve("golden.json"));
    for (Object item : golden.array("cases").orElseThrow()) {
      JsonObject one = JsonObject.of("case", item);
      String text = (String) one.fields().get("text");
      Object plain = one.fields().get("tiktoken_ids_special_as_text");
      int[] ids = Goldens.ints(one, plain instanceof List ? "tiktoken_ids_special_as_text" : "ids");
      assertThat(tokenizer.encode(text, Tokenizer.Special.TEXT)).as(text).isEqualTo(ids);
      assertThat(tokenizer.decode(ids)).isEqualTo(full.decode(ids));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"spm_bpe_baichuan", "spm_bpe_llama2", "spm_bpe_minicpm"})
  void sentencePieceScoresGiveTheIdsOfSentencePiece(String name) {
    Path folder = Shared.require("goldens/tokenizers/" + name);
    Tokenizer tokenizer =
        Goldens.gguf(SentencePieceFixture.metadata(folder.resolve("tokenizer.model")));
    JsonObject golden = Json.parseObject(folder.resolve("golden.json"));
    Goldens.check(golden, new Goldens.Compared(tokenizer, Tokenizer.Special.TEXT, false));
  }

  /** The word rules by name, on vocabularies that were trained with the published patterns. */
  @ParameterizedTest
  @CsvSource({
    "bpe_deepseek_v3, deepseek-v3",
    "bpe_glm4, chatglm-bpe",
    "bpe_glm4, glm4",
    "bpe_gpt2, gpt-2",
    "bpe_kimi_k2, kimi-k2",
    "bpe_llama3, llama-bpe",
    "bpe_o200k, gpt-4o"
  })
  void wordRulesByNameGiveTheIdsOfTheReference(String name, String pre) {
    Path folder = Shared.require("goldens/tokenizers/" + name);
    Map<String, Object> metadata =
        TestTokenizers.asGguf(Json.parseObject(folder.resolve("tokenizer.json")), pre);
    Goldens.check(
        Json.parseObject(folder.resolve("golden.json")),
        new Goldens.Compared(Goldens.gguf(metadata), Tokenizer.Special.PARSE, false));
  }
}
