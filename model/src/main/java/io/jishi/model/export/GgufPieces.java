// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.text.FolderTokenizer;
import io.jishi.text.SentencePieceTable;
import io.jishi.text.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Vocabularies as the metadata of a GGUF file: WordPiece, and SentencePiece's two kinds. Byte-level
 * BPE is {@link GgufVocabulary}'s.
 */
final class GgufPieces {
  private static final int NORMAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;
  private static final int UNUSED = 5;
  private static final int BYTE = 6;
  private static final String CONTINUES = "##";
  private static final String CHARSMAP = "tokenizer.ggml.precompiled_charsmap";
  private static final char WORD = '\u2581';

  private GgufPieces() {}

  /** BERT's, of {@code tokenizer.json}. GGUF's is always of small letters. */
  static void wordPiece(GgufWriter out, Path folder, JsonObject root, int size) {
    boolean lower = root.object("normalizer").flatMap(n -> n.bool("lowercase")).orElse(true);
    wordPiece(out, folder, root.source(), lower, size);
  }

  private static void wordPiece(
      GgufWriter out, Path folder, String source, boolean lower, int size) {
    if (!lower) {
      throw new JishiException.Unsupported(
          source
              + ": a WordPiece vocabulary that tells capitals cannot be written to GGUF, where all"
              + " have small letters; export safetensors instead");
    }
    Tokenizer tokenizer = FolderTokenizer.read(folder);
    String[] pieces = new String[size];
    int[] types = new int[size];
    for (int id = 0; id < size; id++) {
      String piece = id < tokenizer.vocabSize() ? tokenizer.piece(id) : "";
      if (piece.isEmpty()) {
        pieces[id] = "[PAD" + id + "]";
        types[id] = UNUSED;
      } else if (piece.equals("[UNK]") || tokenizer.isControl(id)) {
        pieces[id] = piece;
        types[id] = piece.equals("[UNK]") ? UNKNOWN : CONTROL;
      } else {
        pieces[id] =
            piece.startsWith(CONTINUES) ? piece.substring(CONTINUES.length()) : WORD + piece;
        types[id] = NORMAL;
      }
    }
    out.put("tokenizer.ggml.model", "bert");
    out.put("tokenizer.ggml.pre", "default");
    out.put("tokenizer.ggml.tokens", pieces);
    out.put("tokenizer.ggml.token_type", types);
    for (Map.Entry<String, String> token :
        Map.of(
                "[CLS]", "bos",
                "[SEP]", "seperator", // so the format spells it
                "[PAD]", "padding",
                "[MASK]", "mask",
                "[UNK]", "unknown")
            .entrySet()) {
      tokenizer
          .token(token.getKey())
          .ifPresent(id -> out.put("tokenizer.ggml." + token.getValue() + "_token_id", id));
    }
    tokenizer.token("[SEP]").ifPresent(id -> out.put("tokenizer.ggml.eos_token_id", id));
    out.put("tokenizer.ggml.add_bos_token", true);
    out.put("tokenizer.ggml.add_eos_token", true);
  }

  /** A vocabulary without {@code tokenizer.json}. */
  static void other(GgufWriter out, Path folder, int size) {
    Path config = folder.resolve("tokenizer_config.json");
    if (Files.exists(folder.resolve("vocab.txt"))) {
      boolean lower =
          !Files.exists(config) || Json.parseObject(config).bool("do_lower_case").orElse(true);
      wordPiece(out, folder, folder.resolve("vocab.txt").toString(), lower, size);
      return;
    }
    SentencePieceTable table = SentencePieceTable.read(folder);
    if (table == null) {
      throw new JishiException.Unsupported(
          folder
              + ": this vocabulary cannot be written to GGUF yet; one in tokenizer.json, vocab.txt"
              + " or tokenizer.model (SentencePiece BPE) can. Export safetensors instead");
    }
    sentencePiece(out, folder, table, size);
  }

  /** SentencePiece's BPE, of {@code tokenizer.model}. */
  private static void sentencePiece(
      GgufWriter out, Path folder, SentencePieceTable table, int size) {
    String[] pieces = Arrays.copyOf(table.pieces(), size);
    float[] scores = Arrays.copyOf(table.scores(), size);
    int[] types = Arrays.copyOf(table.types(), size);
    int unknown = -1;
    for (int id = 0; id < size; id++) {
      if (pieces[id] == null || pieces[id].isEmpty()) {
        pieces[id] = "[PAD" + id + "]";
        types[id] = UNUSED;
      }
      unknown = unknown < 0 && types[id] == UNKNOWN ? id : unknown;
    }
    putScored(out, pieces, scores, types, unknown);
    out.put("tokenizer.ggml.add_space_prefix", table.prefix());
    out.put("tokenizer.ggml.remove_extra_whitespaces", table.collapse());
    Tokenizer tokenizer = FolderTokenizer.read(folder);
    putFraming(out, tokenizer);
    int[] framed = tokenizer.frame(tokenizer.encode("a", Tokenizer.Special.TEXT));
    if (tokenizer.piece(framed[0]).equals("[gMASK]")) {
      out.put("tokenizer.ggml.pre", GgufVocabulary.CHATGLM); // begins with two tokens
    }
  }

  private static void putScored(
      GgufWriter out, String[] pieces, float[] scores, int[] types, int unknown) {
    out.put("tokenizer.ggml.model", "llama");
    out.put("tokenizer.ggml.pre", "default");
    out.put("tokenizer.ggml.tokens", pieces);
    out.put("tokenizer.ggml.scores", scores);
    out.put("tokenizer.ggml.token_type", types);
    if (unknown >= 0) {
      out.put("tokenizer.ggml.unknown_token_id", unknown);
    }
  }

  /** What begins and ends sequences. */
  private static void putFraming(GgufWriter out, Tokenizer tokenizer) {
    tokenizer.bos().ifPresent(id -> out.put("tokenizer.ggml.bos_token_id", id));
    tokenizer.eos().ifPresent(id -> out.put("tokenizer.ggml.eos_token_id", id));
    out.put("tokenizer.ggml.add_bos_token", tokenizer.addsBos());
    int[] framed = tokenizer.frame(tokenizer.encode("a", Tokenizer.Special.TEXT));
    int eos = tokenizer.eos().orElse(-1);
    out.put("tokenizer.ggml.add_eos_token", framed[framed.length - 1] == eos);
  }

  /** SentencePiece's unigram, of {@code tokenizer.json}. */
  static void unigram(GgufWriter out, Path folder, JsonObject root, int size) {
    JsonObject model = root.object("model").orElseThrow(() -> root.missing("model"));
    List<Object> vocabulary = model.array("vocab").orElseThrow(() -> model.missing("vocab"));
    int unknown = model.integer("unk_id").orElse(-1);
    Tokenizer tokenizer = FolderTokenizer.read(folder);
    String[] pieces = new String[size];
    float[] scores = new float[size];
    int[] types = new int[size];
    for (int id = 0; id < size; id++) {
      Object entry = id < vocabulary.size() ? vocabulary.get(id) : null;
      boolean known = id < tokenizer.vocabSize() && !tokenizer.piece(id).isEmpty();
      pieces[id] = known ? tokenizer.piece(id) : "[PAD" + id + "]";
      scores[id] =
          entry instanceof List<?> pair && pair.size() == 2 && pair.get(1) instanceof Number n
              ? n.floatValue()
              : 0;
      types[id] =
          !known ? UNUSED : id == unknown ? UNKNOWN : tokenizer.isControl(id) ? CONTROL : NORMAL;
    }
    out.put("tokenizer.ggml.model", "t5");
    out.put("tokenizer.ggml.pre", "default");
    out.put("tokenizer.ggml.tokens", pieces);
    out.put("tokenizer.ggml.scores", scores);
    out.put("tokenizer.ggml.token_type", types);
    out.put("tokenizer.ggml.add_space_prefix", true);
    out.put("tokenizer.ggml.remove_extra_whitespaces", true);
    if (unknown >= 0) {
      out.put("tokenizer.ggml.unknown_token_id", unknown);
    }
    tokenizer.token("<s>").ifPresent(id -> out.put("tokenizer.ggml.bos_token_id", id));
    tokenizer.token("</s>").ifPresent(id -> out.put("tokenizer.ggml.eos_token_id", id));
    tokenizer.token("<pad>").ifPresent(id -> out.put("tokenizer.ggml.padding_token_id", id));
    tokenizer.token("<mask>").ifPresent(id -> out.put("tokenizer.ggml.mask_token_id", id));
    int[] framed = tokenizer.frame(tokenizer.encode("a", Tokenizer.Special.TEXT));
    int bos = tokenizer.token("<s>").orElse(-1);
    int eos = tokenizer.token("</s>").orElse(-1);
    out.put("tokenizer.ggml.add_bos_token", framed[0] == bos);
    out.put("tokenizer.ggml.add_eos_token", framed[framed.length - 1] == eos);
    charsmap(root).ifPresent(map -> out.putStored(CHARSMAP, map));
  }

  /**
   * SentencePiece's BPE, of {@code tokenizer.json}. That lists merges where GGUF has scores: a
   * piece scores the less the later it is merged, so that the same pairs join first.
   */
  static void scored(GgufWriter out, Path folder, JsonObject root, int size) {
    JsonObject model = root.object("model").orElseThrow(() -> root.missing("model"));
    List<Object> merges = model.array("merges").orElseThrow(() -> model.missing("merges"));
    Map<String, Integer> ranks = new HashMap<>();
    for (Object merge : merges) {
      String joined =
          merge instanceof List<?> pair
              ? "" + pair.get(0) + pair.get(1)
              : String.valueOf(merge).replaceFirst("(?<=.) ", "");
      ranks.putIfAbsent(joined, ranks.size());
    }
    Tokenizer tokenizer = FolderTokenizer.read(folder);
    Set<String> added = added(root);
    int unknown = model.text("unk_token").map(t -> tokenizer.token(t).orElse(-1)).orElse(-1);
    String[] pieces = new String[size];
    float[] scores = new float[size];
    int[] types = new int[size];
    for (int id = 0; id < size; id++) {
      boolean known = id < tokenizer.vocabSize() && !tokenizer.piece(id).isEmpty();
      pieces[id] = known ? tokenizer.piece(id) : "[PAD" + id + "]";
      scores[id] = -ranks.getOrDefault(pieces[id], merges.size());
      types[id] = known ? type(tokenizer, id, unknown, added) : UNUSED;
    }
    putScored(out, pieces, scores, types, unknown);
    int[] letter = tokenizer.encode("a", Tokenizer.Special.TEXT);
    boolean prefix =
        letter.length > 0 && tokenizer.piece(letter[0]).startsWith(String.valueOf(WORD));
    out.put("tokenizer.ggml.add_space_prefix", prefix);
    putFraming(out, tokenizer);
  }

  private static int type(Tokenizer tokenizer, int id, int unknown, Set<String> added) {
    String piece = tokenizer.piece(id);
    if (id == unknown) {
      return UNKNOWN;
    }
    if (tokenizer.isControl(id)) {
      return CONTROL;
    }
    if (piece.matches("<0x[0-9A-F]{2}>")) {
      return BYTE;
    }
    return added.contains(piece) ? USER_DEFINED : NORMAL;
  }

  private static Set<String> added(JsonObject root) {
    Set<String> names = new HashSet<>();
    for (Object token : root.array("added_tokens").orElse(List.of())) {
      JsonObject.of(root.source(), token).text("content").ifPresent(names::add);
    }
    return names;
  }

  /** The map of characters as an array of bytes, from wherever among the normalizers it is. */
  private static Optional<byte[]> charsmap(JsonObject root) {
    Deque<JsonObject> open = new ArrayDeque<>();
    root.object("normalizer").ifPresent(open::add);
    while (!open.isEmpty()) {
      JsonObject step = open.poll();
      Optional<String> map = step.text("precompiled_charsmap");
      if (map.isPresent()) {
        byte[] bytes;
        try {
          bytes = Base64.getDecoder().decode(map.get());
        } catch (IllegalArgumentException e) {
          throw new JishiException.BadFile(root.source() + ": the map of characters is damaged", e);
        }
        ByteArrayOutputStream stored = new ByteArrayOutputStream();
        stored.writeBytes(
            ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(9) // an array
                .putInt(0) // of unsigned bytes
                .putLong(bytes.length)
                .array());
        stored.writeBytes(bytes);
        return Optional.of(stored.toByteArray());
      }
      for (Object inner : step.array("normalizers").orElse(List.of())) {
        open.add(JsonObject.of(root.source(), inner));
      }
    }
    return Optional.empty();
  }
}
