// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Some tokenizers trained for Jishi travel with the tests; ids by the reference libraries. */
class BundledGoldensTest {
  @ParameterizedTest
  @ValueSource(strings = {"bpe_gpt2_prefix_space", "bpe_qwen2", "wordpiece_bert"})
  void tokenizerJsonGivesTheIdsOfTheReference(String name) {
    Path folder = TestTokenizers.folder(name);
    int compared =
        Goldens.check(
            Json.parseObject(folder.resolve("golden.json")),
            new Goldens.Compared(HuggingFaceTokenizer.read(folder), Tokenizer.Special.PARSE, true));
    assertThat(compared).isGreaterThan(700);
  }

  @Test
  void sentencePieceScoresGiveTheIdsOfSentencePiece() {
    Path folder = TestTokenizers.folder("spm_bpe_minicpm");
    int compared =
        Goldens.check(
            Json.parseObject(folder.resolve("golden.json")),
            new Goldens.Compared(TestTokenizers.sentencePiece(), Tokenizer.Special.TEXT, false));
    assertThat(compared).isGreaterThan(700);
  }

  @Test
  void unigramGivesTheIdsOfSentencePieceInEveryForm() {
    String name = "spm_unigram_bytefallback";
    JsonObject golden = Json.parseObject(TestTokenizers.folder(name).resolve("golden.json"));
    SentencePieceModel model = TestTokenizers.model(name);
    for (Tokenizer tokenizer :
        new Tokenizer[] {
          FolderTokenizer.read(TestTokenizers.folder(name)),
          Goldens.gguf(TestTokenizers.asUnigramGguf(model, new byte[0])),
          TestTokenizers.asUnigramJson(model)
        }) {
      Goldens.Compared compared = new Goldens.Compared(tokenizer, Tokenizer.Special.TEXT, false);
      assertThat(Goldens.check(golden, compared)).as(tokenizer.kind()).isGreaterThan(700);
    }
  }

  @Test
  void wordPieceGivesTheIdsOfTheReferenceFromItsMarkedPiecesToo() {
    Path folder = TestTokenizers.folder("wordpiece_bert");
    JsonObject root = Json.parseObject(folder.resolve("tokenizer.json"));
    Tokenizer tokenizer = Goldens.gguf(TestTokenizers.asMarkedGguf(root));
    int compared =
        Goldens.check(
            Json.parseObject(folder.resolve("golden.json")),
            new Goldens.Compared(tokenizer, Tokenizer.Special.PARSE, true));
    assertThat(compared).isGreaterThan(700);
  }

  @Test
  void theTestsRunInsideTheModule() {
    assertThat(Tokenizer.class.getModule().isNamed()).isTrue();
  }
}
