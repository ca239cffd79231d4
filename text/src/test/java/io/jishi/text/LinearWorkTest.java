// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.text.Tokenizer.Special;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Four times the text takes four times the steps, whatever the text: steps are counted (entries
 * that a heap moves, places that a search looks at), never timed.
 */
class LinearWorkTest {
  /** A heap of four times the size is two levels higher; at a hundred thousand that is 12 %. */
  private static final double FOUR_AND_A_LITTLE = 4.7;

  private static final int LENGTH = 1 << 16;

  private static final Map<String, PipelineTokenizer> ALL = new LinkedHashMap<>();

  static {
    ALL.put("byte-level BPE", (PipelineTokenizer) TestTokenizers.byteLevel());
    ALL.put("SentencePiece BPE", open("spm_bpe_minicpm"));
    ALL.put("unigram", open("spm_unigram_bytefallback"));
    ALL.put("WordPiece", open("wordpiece_bert"));
    ALL.put("RWKV", (PipelineTokenizer) TestTokenizers.rwkv());
  }

  private static PipelineTokenizer open(String name) {
    return (PipelineTokenizer) FolderTokenizer.read(TestTokenizers.folder(name));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "ab",
        "the ",
        "\u2581",
        " ",
        "\n",
        " \n",
        "7",
        "中",
        "\uD83D\uDE80",
        "\u0301",
        "A",
        "'",
        "\u0000",
        "<",
        "<|im_",
        "\uFFFD"
      })
  void workGrowsWithTheTextAndNotWithItsSquare(String unit) {
    ALL.forEach(
        (name, tokenizer) -> {
          long once = steps(tokenizer, unit, LENGTH);
          long four = steps(tokenizer, unit, 4 * LENGTH);
          assertThat((double) four)
              .as("%s: %d steps, then %d", name, once, four)
              .isLessThanOrEqualTo(once * FOUR_AND_A_LITTLE + 1000);
        });
  }

  private static long steps(PipelineTokenizer tokenizer, String unit, int length) {
    return tokenizer.encodeCounted(unit.repeat(length / unit.length()), Special.TEXT).work;
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "中", " ", "\u2581", "\uD83D\uDE80", "7"})
  void aMegabyteComesBackFromEveryKind(String unit) {
    String text = unit.repeat((1 << 20) / unit.length());
    ALL.forEach(
        (name, tokenizer) -> {
          String back = tokenizer.decode(tokenizer.encode(text, Special.TEXT));
          String expected =
              name.startsWith("SentencePiece") || name.equals("unigram")
                  ? text.replace('\u2581', ' ')
                  : text;
          if (!name.equals("WordPiece")) { // which has no token for a word of a megabyte
            assertThat(back.equals(expected)).as(name).isTrue();
          }
        });
  }
}
