// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.text.Tokenizer.Special;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged and hostile vocabulary files: they are read, or refused with one of our errors. */
class ParserFuzzTest {
  private static final byte[] MODEL = bytes("spm_unigram_bytefallback");

  private static byte[] bytes(String name) {
    try {
      return Files.readAllBytes(TestTokenizers.folder(name).resolve("tokenizer.model"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void use(Supplier<Tokenizer> reader) {
    try {
      Tokenizer t = reader.get();
      for (Special special : Special.values()) {
        int[] ids = t.frame(t.encode("ab A1 <s><e> a\u0301 中 <0x41> \uD800!", special));
        assertThat(Goldens.streamed(t, ids)).isEqualTo(t.decode(ids));
      }
    } catch (JishiException e) {
      assertThat(e).hasMessageMatching("(?s).+");
    }
  }

  private static Tokenizer sentencePiece(byte[] file) {
    return SentencePieceTokenizer.build(
        SentencePieceModel.read("fuzz.model", file),
        FolderTokens.none("fuzz.model", TokenizerFamily.named("")));
  }

  @Property(tries = 300)
  void aDamagedSentencePieceModelIsReadOrRefused(@ForAll long seed) {
    Random random = new Random(seed);
    int size = random.nextInt(4) == 0 ? random.nextInt(MODEL.length) : MODEL.length;
    byte[] file = Arrays.copyOf(MODEL, size);
    for (int i = random.nextInt(4); i >= 0 && size > 0; i--) {
      // The last bytes hold the trainer and the normalizer, where more can go wrong.
      int at = random.nextBoolean() ? random.nextInt(size) : size - 1 - random.nextInt(size) % 300;
      file[Math.max(0, at)] = (byte) random.nextInt();
    }
    use(() -> sentencePiece(file));
  }

  @Property(tries = 2000)
  void bytesOfNoMeaningAreNoModel(@ForAll byte[] file) {
    use(() -> sentencePiece(file));
  }

  @Test
  void aLengthBeyondTheEndIsNamedWithItsByte() {
    assertThatThrownBy(() -> sentencePiece(new byte[] {10, (byte) 0xFF, (byte) 0xFF, 3, 1}))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("fuzz.model")
        .hasMessageContaining("byte 4")
        .hasMessageContaining("65535");
  }

  @Test
  void aModelWithoutATokenForTheUnknownIsRefused() {
    byte[] one = {10, 8, 10, 1, 'a', 0x15, 0, 0, 0, 0};
    assertThatThrownBy(() -> sentencePiece(one))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("unknown");
  }

  @Test
  void aPieceThatComesTwiceIsNamed() {
    byte[] two = {10, 5, 10, 1, 'a', 24, 2, 10, 3, 10, 1, 'b', 10, 3, 10, 1, 'b'};
    assertThatThrownBy(() -> sentencePiece(two))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("tokens 1 and 2");
  }

  @Property(tries = 3000)
  void aMapOfAnyShapeNeverReadsOutside(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] blob = new byte[random.nextInt(200)];
    random.nextBytes(blob);
    if (blob.length > 8 && random.nextInt(4) > 0) {
      blob[0] = (byte) ((blob.length - 4) / 4 * 4);
      blob[1] = 0;
      blob[2] = 0;
      blob[3] = 0;
    }
    byte[] text = "a中\uD83D\uDE80 ﬁ".getBytes(StandardCharsets.UTF_8);
    try {
      Charsmap map = Charsmap.read("fuzz", blob);
      for (int at = 0; at < text.length; at++) {
        long found = map.find(text, at, text.length, random.nextBoolean());
        if (found >= 0) {
          assertThat((int) found).isBetween(1, text.length - at);
          assertThat(map.replacement((int) (found >>> 32))).hasSizeLessThan(65);
        }
      }
    } catch (JishiException.BadFile e) {
      assertThat(e).hasMessageContaining("precompiled_charsmap");
    }
  }

  private static String lines(Random random, String[] parts) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(30); i >= 0; i--) {
      text.append(parts[random.nextInt(parts.length)]);
    }
    return text.toString();
  }

  @Property(tries = 2000)
  void ranksOfAnyShapeAreReadOrRefused(@ForAll long seed) {
    String[] parts = {"YQ== 0\n", "Yg== 1\n", "YWI= 2\n", "AA== 3\r\n", " ", "4", "\n", "=", "é"};
    byte[] file = lines(new Random(seed), parts).getBytes(StandardCharsets.UTF_8);
    use(
        () ->
            ByteLevelTokenizer.ofRanks(
                "fuzz",
                TiktokenRanks.read("fuzz", file),
                FolderTokens.none("fuzz", TokenizerFamily.named(""))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"YQ== 0\nYg== 0", "YQ==", "YQ== -1", "YQ== 99999999", "*** 0", " 0", ""})
  void aWrongLineOfRanksIsNamed(String text) {
    assertThatThrownBy(() -> TiktokenRanks.read("r", text.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageMatching("r: .*(line [12]|empty).*");
  }

  @Property(tries = 2000)
  void wordsOfRwkvOfAnyShapeAreReadOrRefused(@ForAll long seed) {
    Random random = new Random(seed);
    StringBuilder file = new StringBuilder(TestTokenizers.rwkvLines());
    String junk =
        lines(random, new String[] {"300 ", "'a'", "b'\\xff'", " 1", "\n", "\\", "'", "é"});
    file.insert(random.nextBoolean() ? file.length() : 0, junk + "\n");
    use(() -> RwkvTokenizer.ofLines("fuzz", List.of(file.toString().split("\n"))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1 'a' 2", "1 'a", "x 'a' 1", "1 '\\q' 1", "1 '\\x4' 1", "1 a 1", "9999999 'a' 1"})
  void aWrongLineOfRwkvIsNamed(String line) {
    assertThatThrownBy(() -> RwkvTokenizer.ofLines("r", List.of(line)))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("r: line 1");
  }

  @Test
  void aVocabularyOfRwkvNeedsEveryByte() {
    assertThatThrownBy(() -> RwkvTokenizer.ofLines("r", List.of("1 'a' 1")))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("0x00");
  }

  /** Every kind of file that a folder may hold, with parts that fit and parts that do not. */
  @Property(tries = 300)
  void aFolderOfAnyShapeIsReadOrRefused(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    String[] names = {
      "tokenizer.model",
      "vocab.json",
      "merges.txt",
      "vocab.txt",
      "tokenizer_config.json",
      "special_tokens_map.json",
      "added_tokens.json",
      "x.tiktoken"
    };
    String[] contents = {
      "{\"a\":0,\"b\":1,\"ab\":2}",
      "a b\n",
      "[UNK]\n[CLS]\n[SEP]\na\n##b\n",
      "YQ== 0\nYg== 1\n",
      "",
      "{\"bos_token\":\"a\",\"added_tokens_decoder\":{\"7\":{\"content\":\"<e>\"}}}",
      "{\"tokenizer_class\":\"ChatGLMTokenizer\"}",
      "{\"<e>\":900000000}",
      "{\"a\":5}",
      "[",
      "a z"
    };
    Path folder = Files.createTempDirectory("tokenizer");
    try {
      for (String name : names) {
        if (random.nextInt(3) == 0) {
          Files.writeString(folder.resolve(name), contents[random.nextInt(contents.length)]);
        }
      }
      use(() -> FolderTokenizer.read(folder));
    } finally {
      for (String name : names) {
        Files.deleteIfExists(folder.resolve(name));
      }
      Files.delete(folder);
    }
  }
}
