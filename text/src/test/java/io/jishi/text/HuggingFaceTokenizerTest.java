// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.testkit.Shared;
import io.jishi.text.Tokenizer.Special;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HuggingFaceTokenizerTest {
  private static final String TINY =
      """
      {"added_tokens":[
        {"id":5,"content":"<end>","special":true},
        {"id":6,"content":"<tool>","special":false,"normalized":false}],
       "normalizer":null,
       "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},
       "post_processor":null,
       "decoder":{"type":"ByteLevel"},
       "model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"Ġ":3,"Ġab":4},
         "merges":["a b",["Ġ","ab"]]}}
      """;

  @TempDir Path folder;

  private Tokenizer read(String json) throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), json);
    return HuggingFaceTokenizer.read(folder);
  }

  @Test
  void mergesAreReadInBothForms() throws IOException {
    assertThat(read(TINY).encode("ab ab", Special.TEXT)).containsExactly(2, 4);
  }

  @Test
  void aUserCannotWriteASpecialTokenButAnAddedOne() throws IOException {
    Tokenizer t = read(TINY);
    assertThat(t.encode("ab<end><tool>", Special.TEXT)).doesNotContain(5).contains(6);
    assertThat(t.encode("ab<end><tool>", Special.PARSE)).containsExactly(2, 5, 6);
    assertThat(t.decode(new int[] {2, 5, 6})).isEqualTo("ab<tool>");
    assertThat(t.isControl(5)).isTrue();
    assertThat(t.isControl(6)).isFalse();
  }

  @Test
  void aSpecialTokenIsFoundWithinATextThoughTheFileCallsItNormalized() throws IOException {
    String prepend = "\"normalizer\":{\"type\":\"Prepend\",\"prepend\":\"b\"}";
    Tokenizer t =
        read(
            TINY.replace("\"normalizer\":null", prepend)
                .replace("\"special\":true", "\"special\":true,\"normalized\":true"));
    assertThat(t.encode("ab<end>", Special.PARSE)).containsExactly(1, 2, 5);
  }

  @Test
  void whiteSpaceBesideATokenBelongsToItWhereTheFileSaysSo() throws IOException {
    Tokenizer t = read(TINY.replace("\"special\":true", "\"special\":true,\"lstrip\":true"));
    assertThat(t.encode("ab  <end>", Special.PARSE)).containsExactly(2, 5);
    t = read(TINY.replace("\"special\":true", "\"special\":true,\"rstrip\":true"));
    assertThat(t.encode("<end> \nab", Special.PARSE)).containsExactly(5, 2);
    t = read(TINY.replace("\"special\":false", "\"special\":false,\"single_word\":true"));
    assertThat(t.encode("ab<tool>", Special.TEXT)).doesNotContain(6);
    assertThat(t.encode(" <tool>", Special.TEXT)).containsExactly(3, 6);
  }

  @Test
  void theConfigurationNamesBeginAndEnd() throws IOException {
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"bos_token":{"content":"<tool>"},"eos_token":"<end>","add_bos_token":true,
         "added_tokens_decoder":{"7":{"content":"<more>","special":true}}}
        """);
    Tokenizer t = read(TINY);
    assertThat(t.bos()).hasValue(6);
    assertThat(t.eos()).hasValue(5);
    assertThat(t.addsBos()).isTrue();
    assertThat(t.frame(new int[] {2})).containsExactly(6, 2);
    assertThat(t.frame(new int[] {6, 2})).containsExactly(6, 2);
    assertThat(t.isControl(6)).isTrue();
    assertThat(t.encode("<more>", Special.PARSE)).containsExactly(7);
    assertThat(t.vocabSize()).isEqualTo(8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"BPE\" | \"Sky\" | Sky",
        "\"type\":\"ByteLevel\",\"add_prefix_space\":false | \"type\":\"Rain\" | Rain",
        "\"post_processor\":null | \"post_processor\":{\"type\":\"Sun\"} | Sun",
        "\"normalizer\":null | \"normalizer\":{\"type\":\"Snow\"} | Snow",
        "{\"type\":\"ByteLevel\"} | {\"type\":\"CTC\"} | CTC",
        "\"type\":\"BPE\" | \"type\":\"BPE\",\"end_of_word_suffix\":\"</w>\" | end_of_word_suffix"
      })
  void whatIsNotSupportedIsNamed(String part, String other, String name) {
    assertThatThrownBy(() -> read(TINY.replace(part, other)))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("tokenizer.json")
        .hasMessageContaining(name);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"ab\":2 | \"ab\":\"two\" | 'ab' must be a token id",
        "\"ab\":2 | \"ab\":1 | both",
        "\"ab\":2 | \"ab\":2000000000 | 2000000000",
        "\"a b\" | \"a z\" | 'z'",
        "\"a b\" | 7 | merges",
        "\"id\":5 | \"id\":-5 | 'id'",
        "\"decoder\" | \"encoder\" | 'decoder' is missing",
        "\"model\" | \"mode\" | 'model' is missing",
      })
  void everyWrongFieldIsNamed(String part, String other, String message) {
    assertThatThrownBy(() -> read(TINY.replace(part, other)))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("tokenizer.json")
        .hasMessageContaining(message);
  }

  @Test
  void wordsMayBeTokensAsTheyAre() throws IOException {
    Tokenizer t =
        read(
            """
            {"pre_tokenizer":{"type":"Whitespace"},"decoder":{"type":"Fuse"},
             "model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"red":1,"cat":2}}}
            """);
    assertThat(t.encode("red cat, cats", Special.TEXT)).containsExactly(1, 2, 0, 0);
  }

  private String normalized(String normalizer, String text) {
    JsonObject json = JsonObject.of("test", Json.parse("test", normalizer));
    return HfNormalizer.read(java.util.Optional.of(json)).apply(text);
  }

  @Test
  void normalizersDoAsTheyAreNamed() {
    assertThat(normalized("{\"type\":\"StripAccents\"}", "e\u0301\u0903a")).isEqualTo("ea");
    assertThat(normalized("{\"type\":\"Nmt\"}", "a\u0001\tb\u200Bc\u007F")).isEqualTo("a b c");
    assertThat(normalized("{\"type\":\"BertNormalizer\"}", "\u00C9\u0000 \t中x"))
        .isEqualTo("e   中 x");
    String cased =
        "{\"type\":\"BertNormalizer\",\"lowercase\":false,\"handle_chinese_chars\":false}";
    assertThat(normalized(cased, "\u00C9中")).isEqualTo("\u00C9中");
  }

  @Test
  void theMapOfSentencePieceReplacesWhatReadsAsOneCharacter() throws IOException {
    byte[] model =
        Files.readAllBytes(
            Shared.require("goldens/tokenizers/spm_unigram_nmt_nfkc/tokenizer.model"));
    String map = java.util.Base64.getEncoder().encodeToString(TestTokenizers.charsmap(model));
    String json = "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"" + map + "\"}";
    assertThat(normalized(json, "ﬁ Ａ½ e\u0301 ㍿ 中 \uD83D\uDE80"))
        .isEqualTo("fi A1⁄2 \u00E9 株式会社 中 \uD83D\uDE80");
  }

  @Test
  void aFolderWithoutTheFileSaysSo() {
    assertThatThrownBy(() -> HuggingFaceTokenizer.read(folder))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("tokenizer.json");
  }
}
