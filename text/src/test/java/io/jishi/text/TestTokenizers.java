// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JsonObject;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The tokenizers that travel with the tests, and a tiny one that can be read at a glance. */
final class TestTokenizers {
  private static final Tokenizer BYTE_LEVEL = HuggingFaceTokenizer.read(folder("bpe_qwen2"));
  private static final Tokenizer SENTENCE_PIECE =
      Goldens.gguf(
          SentencePieceFixture.metadata(folder("spm_bpe_minicpm").resolve("tokenizer.model")));

  private TestTokenizers() {}

  static Path folder(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(TestTokenizers.class.getResource("goldens/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static Tokenizer byteLevel() {
    return BYTE_LEVEL;
  }

  static Tokenizer sentencePiece() {
    return SENTENCE_PIECE;
  }

  /** SentencePiece: {@code <unk> <s> </s> <go> ▁ a b ab ▁ab}. */
  static Map<String, Object> tinySentencePiece() {
    Map<String, Object> metadata = new HashMap<>();
    metadata.put("tokenizer.ggml.model", "llama");
    metadata.put(
        "tokenizer.ggml.tokens",
        new String[] {"<unk>", "<s>", "</s>", "<go>", "\u2581", "a", "b", "ab", "\u2581ab"});
    metadata.put("tokenizer.ggml.scores", new float[] {0, 0, 0, 0, -4, -5, -6, -1, -2});
    metadata.put("tokenizer.ggml.token_type", new int[] {2, 3, 3, 4, 1, 1, 1, 1, 1});
    metadata.put("tokenizer.ggml.bos_token_id", 1L);
    metadata.put("tokenizer.ggml.eos_token_id", 2L);
    return metadata;
  }

  /** Byte-level: {@code a b ab Ġ Ġab <|end|>}. */
  static Map<String, Object> tinyByteLevel() {
    Map<String, Object> metadata = new HashMap<>();
    metadata.put("tokenizer.ggml.model", "gpt2");
    metadata.put("tokenizer.ggml.pre", "qwen2");
    metadata.put(
        "tokenizer.ggml.tokens", new String[] {"a", "b", "ab", "\u0120", "\u0120ab", "<|end|>"});
    metadata.put("tokenizer.ggml.token_type", new int[] {1, 1, 1, 1, 1, 3});
    metadata.put("tokenizer.ggml.merges", new String[] {"a b", "\u0120 ab"});
    metadata.put("tokenizer.ggml.eos_token_id", 5L);
    return metadata;
  }

  /** What a converter would write for a byte-level {@code tokenizer.json}. */
  static Map<String, Object> asGguf(JsonObject root, String pre) {
    JsonObject model = root.object("model").orElseThrow();
    Map<String, Integer> ids = new HashMap<>();
    model
        .object("vocab")
        .orElseThrow()
        .fields()
        .forEach((piece, id) -> ids.put(piece, ((Long) id).intValue()));
    Map<Integer, Integer> types = new HashMap<>();
    for (Object item : root.array("added_tokens").orElseThrow()) {
      JsonObject token = JsonObject.of("token", item);
      int id = token.requireInt("id");
      ids.put(token.text("content").orElseThrow(), id);
      types.put(id, token.bool("special").orElseThrow() ? 3 : 4);
    }
    String[] tokens = new String[ids.size()];
    int[] tokenTypes = new int[tokens.length];
    ids.forEach((piece, id) -> tokens[id] = piece);
    java.util.Arrays.setAll(tokenTypes, id -> types.getOrDefault(id, 1));
    String[] merges =
        model.array("merges").orElseThrow().stream()
            .map(m -> m instanceof List<?> pair ? pair.get(0) + " " + pair.get(1) : (String) m)
            .toArray(String[]::new);
    Map<String, Object> metadata = new HashMap<>();
    metadata.put("tokenizer.ggml.model", "gpt2");
    metadata.put("tokenizer.ggml.pre", pre);
    metadata.put("tokenizer.ggml.tokens", tokens);
    metadata.put("tokenizer.ggml.token_type", tokenTypes);
    metadata.put("tokenizer.ggml.merges", merges);
    return metadata;
  }
}
