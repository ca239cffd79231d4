// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.testkit.Shared;
import io.jishi.text.Tokenizer.Special;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FolderTokenizerTest {
  @TempDir Path folder;

  private void file(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  @Test
  void aVocabularyWithMergesIsByteLevel() throws IOException {
    file("vocab.json", "{\"a\":0,\"b\":1,\"ab\":2,\"Ġ\":3,\"Ġab\":4}");
    file("merges.txt", "#version: 0.2\na b\nĠ ab\n");
    file(
        "tokenizer_config.json",
        """
        {"tokenizer_class":"GPT2TokenizerFast","eos_token":"<e>",
         "added_tokens_decoder":{"5":{"content":"<e>","special":true}}}
        """);
    Tokenizer t = FolderTokenizer.read(folder);
    assertThat(FolderTokenizer.isIn(folder)).isTrue();
    assertThat(t.encode("ab ab<e>", Special.PARSE)).containsExactly(2, 4, 5);
    assertThat(t.encode("ab<e>", Special.TEXT)).doesNotContain(5);
    assertThat(t.eos()).hasValue(5);
    assertThat(t.decode(new int[] {2, 4, 5})).isEqualTo("ab ab");
  }

  @Test
  void aMergeOfAnAbsentTokenIsNamed() throws IOException {
    file("vocab.json", "{\"a\":0,\"b\":1}");
    file("merges.txt", "a b\n");
    assertThatThrownBy(() -> FolderTokenizer.read(folder))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("merge 0")
        .hasMessageContaining("'ab'");
  }

  @Test
  void anAddedTokenFarOutOfRangeIsRefused() throws IOException {
    file("vocab.json", "{\"a\":0,\"b\":1,\"ab\":2}");
    file("merges.txt", "a b\n");
    file("added_tokens.json", "{\"<x>\":2000000000}");
    assertThatThrownBy(() -> FolderTokenizer.read(folder))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("2000000000");
    file("added_tokens.json", "{\"<x>\":-1}");
    assertThatThrownBy(() -> FolderTokenizer.read(folder))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("<x>");
  }

  @Test
  void linesOfPiecesAreWordPiece() throws IOException {
    Path golden = TestTokenizers.folder("wordpiece_bert");
    Files.copy(golden.resolve("vocab.txt"), folder.resolve("vocab.txt"));
    Tokenizer lines = FolderTokenizer.read(folder);
    Tokenizer json = HuggingFaceTokenizer.read(golden);
    for (String text : new String[] {"Hello, wörld!", "你好 x", "[CLS] a", " ", "naïve CAFÉ's"}) {
      assertThat(lines.encode(text, Special.TEXT)).isEqualTo(json.encode(text, Special.TEXT));
      assertThat(lines.frame(lines.encode(text, Special.TEXT)))
          .isEqualTo(json.frame(json.encode(text, Special.TEXT)));
    }
  }

  @Test
  void theWordsOfRwkvAreTakenAtTheirLongest() throws IOException {
    file("rwkv_vocab_v1.txt", TestTokenizers.rwkvLines());
    Tokenizer t = FolderTokenizer.read(folder);
    assertThat(t.encode("abcab", Special.TEXT)).containsExactly(258, 257);
    assertThat(t.encode("中丁", Special.TEXT)).containsExactly(260, 261, 0x81 + 1);
    assertThat(t.encode("it's  \n\n", Special.TEXT)).containsExactly(259, 262, 263);
    assertThat(t.decode(new int[] {260, 261, 0x81 + 1, 0})).isEqualTo("中丁");
    assertThat(t.decode(new int[] {261, 98})).isEqualTo("\uFFFDa");
    assertThat(t.isControl(0)).isTrue();
    assertThat(t.piece(261)).isEqualTo("b'\\xe4\\xb8'");
  }

  @Test
  void aFolderWithoutAVocabularySaysWhatIsExpected() {
    assertThat(FolderTokenizer.isIn(folder)).isFalse();
    assertThatThrownBy(() -> FolderTokenizer.read(folder))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("tokenizer.model")
        .hasMessageContaining("vocab.txt");
  }

  @Test
  void aFamilyThatNumbersItsTokensAnewIsRefused() throws IOException {
    Path model = TestTokenizers.folder("spm_unigram_bytefallback").resolve("tokenizer.model");
    Files.copy(model, folder.resolve("tokenizer.model"));
    file("tokenizer_config.json", "{\"tokenizer_class\":\"XLMRobertaTokenizer\"}");
    assertThatThrownBy(() -> FolderTokenizer.read(folder))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("tokenizer.json");
  }

  /** Published folders: vocabulary, a control token of the family, and what frames "a". */
  @ParameterizedTest
  @CsvSource({
    "chatglm3, 64798, <|user|>, 64795, '64790 64792'",
    "glm4, 151343, <|user|>, 151336, '151331 151333'",
    "internlm2, 92553, <|im_end|>, 92542, 1",
    "llama3, 128256, <|eot_id|>, 128009, 128000",
    "qwen2.5, 151665, <|im_end|>, 151645, ''",
    "minicpm4, 73448, <|im_end|>, 73440, 1",
    "minicpm/minicpm_tokenizer, 122753, </s>, 2, 1",
    "aquila/Aquila-tokenizer-hf, 100000, <|endoftext|>, 0, ''",
    "baichuan2, 125696, </s>, 2, 1",
    "rwkv-world, 65530, <|endoftext|>, 0, ''"
  })
  void publishedFoldersOpen(String name, int size, String control, int id, String prefix) {
    Tokenizer t = FolderTokenizer.read(Shared.require("tokenizers/" + name));
    assertThat(t.vocabSize()).isEqualTo(size);
    assertThat(t.encode(control, Special.PARSE)).contains(id);
    assertThat(t.isControl(id)).isTrue();
    assertThat(t.encode(control, Special.TEXT)).doesNotContain(id);
    int[] a = t.encode("a", Special.TEXT);
    int[] framed = t.frame(a);
    StringBuilder before = new StringBuilder();
    for (int i = 0; i < framed.length - a.length; i++) {
      before.append(i == 0 ? "" : " ").append(framed[i]);
    }
    assertThat(before.toString()).isEqualTo(prefix);
  }

  @Test
  void ranksOfKimiHaveReservedTokensAfterThem() throws IOException {
    Path golden = Shared.require("goldens/tokenizers/bpe_kimi_k2");
    Files.copy(golden.resolve("tiktoken.model"), folder.resolve("tiktoken.model"));
    file(
        "tokenizer_config.json",
        """
        {"auto_map":{"AutoTokenizer":["tokenization_kimi.TikTokenTokenizer",null]},
         "bos_token":"[BOS]","eos_token":"[EOS]","added_tokens_decoder":{
          "2600":{"content":"[BOS]","special":true},"2601":{"content":"[EOS]","special":true},
          "2603":{"content":"<|im_user|>","special":true}}}
        """);
    Tokenizer t = FolderTokenizer.read(folder);
    assertThat(t.vocabSize()).isEqualTo(2600 + 256);
    assertThat(t.encode("<|im_user|>", Special.PARSE)).containsExactly(2603);
    assertThat(t.piece(2602)).isEqualTo("<|reserved_token_2602|>");
    assertThat(t.isControl(2855)).isTrue();
    assertThat(t.bos()).hasValue(2600);
    assertThat(t.addsBos()).isFalse();
  }

  @Test
  void aPieceMayHoldTheCharacterZero() {
    Tokenizer t = FolderTokenizer.read(Shared.require("tokenizers/internlm2"));
    assertThat(t.piece(354)).isEqualTo("\u0000");
    int[] ids = t.encode("a\u0000b", Special.TEXT);
    assertThat(ids).contains(354);
    assertThat(t.decode(ids)).isEqualTo("a\u0000b");
  }

  @ParameterizedTest
  @CsvSource({"Hello 你好 \uD83D\uDE80", "'  a\n\n\tb '", "'\u0000\u00FF'"})
  void everyTextComesBackFromTheWordsOfRwkv(String text) {
    Tokenizer t = FolderTokenizer.read(Shared.require("tokenizers/rwkv-world"));
    assertThat(t.decode(t.encode(text, Special.TEXT))).isEqualTo(text);
  }
}
