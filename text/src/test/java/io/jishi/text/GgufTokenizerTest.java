// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.text.Tokenizer.Special;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GgufTokenizerTest {
  private static Tokenizer with(Map<String, Object> metadata, String key, Object value) {
    metadata.put("tokenizer.ggml." + key, value);
    return Goldens.gguf(metadata);
  }

  private static Tokenizer spm() {
    return Goldens.gguf(TestTokenizers.tinySentencePiece());
  }

  @Test
  void aUserCannotWriteAControlToken() {
    assertThat(spm().encode("<s>", Special.TEXT)).doesNotContain(1);
    assertThat(spm().encode("<s>", Special.PARSE)).containsExactly(1);
    Tokenizer bytes = Goldens.gguf(TestTokenizers.tinyByteLevel());
    assertThat(bytes.encode("ab<|end|>", Special.TEXT)).doesNotContain(5);
    assertThat(bytes.encode("ab<|end|>", Special.PARSE)).containsExactly(2, 5);
  }

  @Test
  void aTokenDefinedByTheUserIsFoundInAnyText() {
    assertThat(spm().encode("ab<go>ab", Special.TEXT)).containsExactly(8, 3, 7);
  }

  @Test
  void textAfterAControlTokenBeginsAgainWithASpace() {
    assertThat(spm().encode("</s>ab", Special.PARSE)).containsExactly(2, 8);
  }

  @Test
  void theBestScoreJoinsFirst() {
    assertThat(spm().encode("ab", Special.TEXT)).containsExactly(8);
    assertThat(spm().encode("ba", Special.TEXT)).containsExactly(4, 6, 5);
  }

  @Test
  void unknownCharactersSideBySideAreOneToken() {
    assertThat(spm().encode("axyb", Special.TEXT)).containsExactly(4, 5, 0, 6);
    assertThat(spm().decode(new int[] {5, 0})).isEqualTo("a \u2047 ");
  }

  @Test
  void aSequenceIsFramedOnce() {
    assertThat(spm().frame(new int[] {5})).containsExactly(1, 5);
    assertThat(spm().frame(new int[] {1, 5})).containsExactly(1, 5);
    assertThat(spm().frame(new int[0])).containsExactly(1);
    Tokenizer both = with(TestTokenizers.tinySentencePiece(), "add_eos_token", true);
    assertThat(both.frame(new int[] {5})).containsExactly(1, 5, 2);
    assertThat(both.frame(new int[] {1, 5, 2})).containsExactly(1, 5, 2);
    Tokenizer none = with(TestTokenizers.tinySentencePiece(), "add_bos_token", false);
    assertThat(none.frame(new int[] {5})).containsExactly(5);
    assertThat(none.addsBos()).isFalse();
    assertThat(spm().addsBos()).isTrue();
  }

  @Test
  void theFirstSpaceIsDroppedOnlyAtTheRealStart() {
    assertThat(spm().decode(new int[] {1, 8, 8})).isEqualTo("ab ab");
    assertThat(spm().streamDecoder(true).append(8)).isEqualTo(" ab");
    assertThat(spm().streamDecoder(false).append(8)).isEqualTo("ab");
  }

  @Test
  void extraSpacesGoWhereTheFileSaysSo() {
    Tokenizer t = with(TestTokenizers.tinySentencePiece(), "remove_extra_whitespaces", true);
    assertThat(t.encode("  ab   ab ", Special.TEXT)).containsExactly(8, 8);
    assertThat(t.encode("   ", Special.TEXT)).isEmpty();
  }

  @Test
  void whatFramesASequenceIsControlWhateverItsType() {
    Map<String, Object> metadata = TestTokenizers.tinySentencePiece();
    metadata.remove("tokenizer.ggml.token_type");
    Tokenizer t = Goldens.gguf(metadata);
    assertThat(t.isControl(1)).isTrue();
    assertThat(t.encode("</s>", Special.TEXT)).doesNotContain(2);
    assertThat(t.token("</s>")).hasValue(2);
    assertThat(t.piece(2)).isEqualTo("</s>");
  }

  @Test
  void anUnknownKindIsNamed() {
    assertThatThrownBy(() -> with(TestTokenizers.tinyByteLevel(), "model", "plamo2"))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("plamo2");
    assertThatThrownBy(() -> with(TestTokenizers.tinyByteLevel(), "pre", "nobody-knows"))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("nobody-knows");
  }

  @Test
  void everyWrongFieldIsNamed() {
    bad("scores", new float[3]);
    bad("scores", "high");
    bad("token_type", new int[] {1});
    bad("token_type", new int[] {1, 1, 1, 1, 1, 1, 1, 1, 99});
    bad("bos_token_id", 9L);
    bad("eos_token_id", -1L);
    bad("add_bos_token", "yes");
    bad("tokens", null);
    bad("model", null);
    assertThatThrownBy(() -> with(TestTokenizers.tinyByteLevel(), "merges", new String[] {"ab"}))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("merges");
    assertThatThrownBy(() -> with(TestTokenizers.tinyByteLevel(), "merges", new String[] {"a c"}))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("'c'");
  }

  private static void bad(String key, Object value) {
    assertThatThrownBy(() -> with(TestTokenizers.tinySentencePiece(), key, value))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("tokenizer.ggml." + key);
  }

  @Test
  void onePieceHasOneId() {
    String[] twice = {"a", "b", "ab", "\u0120", "\u0120ab", "a"};
    assertThatThrownBy(() -> with(TestTokenizers.tinyByteLevel(), "tokens", twice))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("tokens 0 and 5");
  }

  @Test
  void piecesThatWereNotUtf8MayLookAlike() {
    String[] broken = {"a", "b", "ab", "\uFFFD", "\uFFFD", "<|end|>"};
    Map<String, Object> metadata = TestTokenizers.tinyByteLevel();
    metadata.put("tokenizer.ggml.merges", new String[] {"a b"});
    assertThat(with(metadata, "tokens", broken).encode("ab", Special.TEXT)).containsExactly(2);
  }

  @Test
  void anIdOutsideTheVocabularyIsABadRequest() {
    assertThatThrownBy(() -> spm().decode(new int[] {9}))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("0 … 8");
    assertThatThrownBy(() -> spm().streamDecoder(true).append(-1))
        .isInstanceOf(JishiException.BadRequest.class);
  }
}
