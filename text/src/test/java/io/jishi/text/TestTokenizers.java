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

  /** The SentencePiece model that travels with the tests under this name. */
  static SentencePieceModel model(String name) {
    Path file = folder(name).resolve("tokenizer.model");
    try {
      return SentencePieceModel.read(file.toString(), java.nio.file.Files.readAllBytes(file));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** All bytes, some words, and the first two bytes of a Chinese character. */
  static String rwkvLines() {
    StringBuilder lines = new StringBuilder();
    for (int b = 0; b < 256; b++) {
      String literal = b < 0x80 ? "'\\x%02x' 1\n" : "b'\\x%02x' 1\n";
      lines.append(b + 1).append(' ').append(literal.formatted(b));
    }
    return lines
        .append("257 'ab' 2\n258 'abc' 3\n259 \"it's\" 4\n260 '中' 3\n261 b'\\xe4\\xb8' 2\n")
        .append("262 '  ' 2\n263 '\\n\\n' 2\n")
        .toString();
  }

  static Tokenizer rwkv() {
    return RwkvTokenizer.ofLines("rwkv_vocab.txt", List.of(rwkvLines().split("\n")));
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

  /** The bytes of the field {@code normalizer_spec.precompiled_charsmap} of a trusted file. */
  static byte[] charsmap(byte[] file) {
    Protobuf model = Protobuf.of("test", file);
    for (int field = model.next(); field != 0; field = model.next()) {
      if (field != 3) {
        model.skip();
        continue;
      }
      Protobuf spec = model.message();
      for (int part = spec.next(); part != 0; part = spec.next()) {
        if (part == 2) {
          return spec.bytes();
        }
        spec.skip();
      }
    }
    return new byte[0];
  }

  /** What a converter would write for a SentencePiece unigram model. */
  static Map<String, Object> asUnigramGguf(SentencePieceModel model, byte[] charsmap) {
    Map<String, Object> metadata = new HashMap<>();
    metadata.put("tokenizer.ggml.model", "t5");
    metadata.put("tokenizer.ggml.tokens", model.pieces());
    metadata.put("tokenizer.ggml.scores", model.scores());
    int[] types = new int[model.types().length];
    java.util.Arrays.setAll(types, id -> model.types()[id].ordinal() + 1);
    metadata.put("tokenizer.ggml.token_type", types);
    int[] bytes = new int[charsmap.length];
    java.util.Arrays.setAll(bytes, i -> charsmap[i] & 0xFF);
    metadata.put("tokenizer.ggml.precompiled_charsmap", bytes);
    metadata.put("tokenizer.ggml.add_space_prefix", model.prefix());
    metadata.put("tokenizer.ggml.remove_extra_whitespaces", model.collapse());
    return metadata;
  }

  /** The same as {@code tokenizer.json}, for a model without a map of characters. */
  static Tokenizer asUnigramJson(SentencePieceModel model) {
    List<Object> vocab = new java.util.ArrayList<>();
    List<Object> added = new java.util.ArrayList<>();
    for (int id = 0; id < model.pieces().length; id++) {
      vocab.add(List.of(model.pieces()[id], model.scores()[id]));
      if (model.types()[id] == Vocabulary.Type.CONTROL) {
        added.add(Map.of("id", id, "content", model.pieces()[id], "special", true));
      }
    }
    Map<String, Object> space =
        Map.of("type", "Replace", "pattern", Map.of("String", " "), "content", "\u2581");
    Map<String, Object> mark =
        Map.of("type", "Replace", "pattern", Map.of("String", "\u2581"), "content", " ");
    String json =
        io.jishi.base.Json.write(
            Map.of(
                "added_tokens",
                added,
                "normalizer",
                Map.of(
                    "type",
                    "Sequence",
                    "normalizers",
                    List.of(Map.of("type", "Prepend", "prepend", "\u2581"), space)),
                "decoder",
                Map.of(
                    "type",
                    "Sequence",
                    "decoders",
                    List.of(
                        mark,
                        Map.of("type", "ByteFallback"),
                        Map.of("type", "Fuse"),
                        Map.of("type", "Strip", "content", " ", "start", 1, "stop", 0))),
                "model",
                Map.of("type", "Unigram", "unk_id", 0, "byte_fallback", true, "vocab", vocab)));
    try {
      Path folder = java.nio.file.Files.createTempDirectory("unigram");
      Path file = folder.resolve("tokenizer.json");
      java.nio.file.Files.writeString(file, json);
      Tokenizer tokenizer = HuggingFaceTokenizer.read(folder);
      java.nio.file.Files.delete(file);
      java.nio.file.Files.delete(folder);
      return tokenizer;
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** What a converter would write for BERT: marks stand on the other pieces. */
  static Map<String, Object> asMarkedGguf(JsonObject root) {
    Map<String, Object> vocab =
        root.object("model").orElseThrow().object("vocab").orElseThrow().fields();
    String[] tokens = new String[vocab.size()];
    vocab.forEach(
        (piece, id) ->
            tokens[((Long) id).intValue()] =
                piece.startsWith("##")
                    ? piece.substring(2)
                    : piece.matches("\\[[A-Z]+\\]") ? piece : "\u2581" + piece);
    Map<String, Object> metadata = new HashMap<>();
    metadata.put("tokenizer.ggml.model", "bert");
    metadata.put("tokenizer.ggml.tokens", tokens);
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
