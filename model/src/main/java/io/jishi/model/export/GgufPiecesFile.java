// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.model.gguf.GgufMetadata;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * WordPiece and SentencePiece's unigram of a GGUF file as the parts of {@code tokenizer.json}, as
 * BERT and XLM-RoBERTa are published: the way back of {@link GgufPieces}.
 */
final class GgufPiecesFile {
  private static final String MARK = "\u2581";
  private static final String CONTINUES = "##";
  private static final String CHARSMAP = "tokenizer.ggml.precompiled_charsmap";
  private static final int MAX_CHARACTERS = 100;

  private GgufPiecesFile() {}

  /** The types of WordPiece's pieces, of which some have fixed names. */
  static void name(String[] pieces, int[] types) {
    for (int id = 0; id < pieces.length; id++) {
      switch (pieces[id]) {
        case "[PAD]", "[CLS]", "[SEP]", "[MASK]" -> types[id] = GgufVocabulary.CONTROL;
        case "[UNK]" -> types[id] = GgufVocabulary.UNKNOWN;
        default -> {}
      }
    }
  }

  /** WordPiece, of which GGUF marks what begins a word instead of what continues one. */
  static Map<String, Object> wordPiece(String source, String[] pieces, int[] types) {
    Map<String, Object> vocabulary = new LinkedHashMap<>();
    for (int id = 0; id < pieces.length; id++) {
      if (types[id] == GgufVocabulary.UNUSED) {
        continue;
      }
      if (vocabulary.putIfAbsent(published(pieces[id], types[id]), id) != null) {
        throw new JishiException.BadFile(
            source + ": the piece '" + pieces[id] + "' stands twice in the vocabulary");
      }
    }
    Map<String, Object> text = typed("BertNormalizer");
    text.put("clean_text", true);
    text.put("handle_chinese_chars", true);
    text.put("strip_accents", null);
    text.put("lowercase", true); // GGUF knows no other
    Map<String, Object> decoder = typed("WordPiece");
    decoder.put("prefix", CONTINUES);
    decoder.put("cleanup", true);
    Map<String, Object> model = typed("WordPiece");
    model.put("unk_token", "[UNK]");
    model.put("continuing_subword_prefix", CONTINUES);
    model.put("max_input_chars_per_word", MAX_CHARACTERS);
    model.put("vocab", vocabulary);
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("normalizer", text);
    root.put("pre_tokenizer", typed("BertPreTokenizer"));
    root.put("post_processor", template(find(pieces, "[CLS]"), find(pieces, "[SEP]"), pieces, 1));
    root.put("decoder", decoder);
    root.put("model", model);
    return root;
  }

  private static String published(String piece, int type) {
    boolean named = piece.startsWith("[") && piece.endsWith("]");
    if (type != 1 || named) {
      return piece;
    }
    return piece.startsWith(MARK) ? piece.substring(MARK.length()) : CONTINUES + piece;
  }

  /** Unigram. Spaces that the file collapses go before words are cut. */
  static Map<String, Object> unigram(
      String source, GgufMetadata metadata, String[] pieces, int begin, int end) {
    if (!(metadata.get("tokenizer.ggml.scores") instanceof float[] scores)
        || scores.length != pieces.length) {
      throw new JishiException.BadFile(
          source + ": 'tokenizer.ggml.scores' must be the scores of " + pieces.length + " tokens");
    }
    List<Object> vocabulary = new ArrayList<>();
    for (int id = 0; id < pieces.length; id++) {
      vocabulary.add(List.of(pieces[id], RecordedConfig.plain(scores[id])));
    }
    Map<String, Object> model = typed("Unigram");
    model.put("unk_id", Math.max(0, metadata.intValue("tokenizer.ggml.unknown_token_id", 0)));
    model.put("vocab", vocabulary);
    model.put("byte_fallback", false);
    Map<String, Object> words = typed("Metaspace");
    boolean prefix = metadata.booleanValue("tokenizer.ggml.add_space_prefix", true);
    words.put("replacement", MARK);
    words.put("prepend_scheme", prefix ? "always" : "never");
    words.put("split", true);
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("normalizer", normalizer(metadata));
    root.put("pre_tokenizer", words);
    root.put("post_processor", template(begin, end, pieces, 0));
    root.put("decoder", words);
    root.put("model", model);
    return root;
  }

  private static Map<String, Object> normalizer(GgufMetadata metadata) {
    List<Object> steps = new ArrayList<>();
    byte[] map = bytes(metadata.get(CHARSMAP));
    if (map.length > 0) {
      Map<String, Object> charsmap = typed("Precompiled");
      charsmap.put("precompiled_charsmap", Base64.getEncoder().encodeToString(map));
      steps.add(charsmap);
    }
    if (metadata.booleanValue("tokenizer.ggml.remove_extra_whitespaces", true)) {
      Map<String, Object> strip = typed("Strip");
      strip.put("strip_left", true);
      strip.put("strip_right", true);
      steps.add(strip);
      Map<String, Object> collapse = typed("Replace");
      collapse.put("pattern", Map.of("Regex", " {2,}"));
      collapse.put("content", " ");
      steps.add(collapse);
    }
    if (steps.isEmpty()) {
      return null;
    }
    Map<String, Object> all = typed("Sequence");
    all.put("normalizers", steps);
    return all;
  }

  private static byte[] bytes(Object value) {
    return switch (value) {
      case byte[] all -> all;
      case int[] each -> {
        byte[] all = new byte[each.length];
        for (int i = 0; i < all.length; i++) {
          all[i] = (byte) each[i];
        }
        yield all;
      }
      case null, default -> new byte[0];
    };
  }

  /**
   * What stands around sequences, or null where nothing does. Between two stands what ends one;
   * twice, where both are of one type, as RoBERTa has it.
   *
   * @param begin a token, or -1
   * @param end a token, or -1
   * @param second the type of a second sequence
   */
  static Map<String, Object> template(int begin, int end, String[] pieces, int second) {
    if (begin < 0 && end < 0) {
      return null;
    }
    List<Object> one = new ArrayList<>();
    one.addAll(token(begin, pieces, 0));
    one.add(sequence("A", 0));
    one.addAll(token(end, pieces, 0));
    List<Object> two = new ArrayList<>(one);
    two.addAll(second == 0 ? token(end, pieces, 0) : List.of());
    two.add(sequence("B", second));
    two.addAll(token(end, pieces, second));
    Map<String, Object> special = new LinkedHashMap<>();
    for (int id : new int[] {begin, end}) {
      if (id >= 0) {
        special.put(
            pieces[id],
            Map.of("id", pieces[id], "ids", List.of(id), "tokens", List.of(pieces[id])));
      }
    }
    Map<String, Object> template = typed("TemplateProcessing");
    template.put("single", one);
    template.put("pair", two);
    template.put("special_tokens", special);
    return template;
  }

  private static List<Object> token(int id, String[] pieces, int type) {
    return id < 0
        ? List.of()
        : List.of(Map.of("SpecialToken", Map.of("id", pieces[id], "type_id", type)));
  }

  private static Object sequence(String name, int type) {
    return Map.of("Sequence", Map.of("id", name, "type_id", type));
  }

  private static int find(String[] pieces, String piece) {
    return List.of(pieces).indexOf(piece);
  }

  private static Map<String, Object> typed(String type) {
    Map<String, Object> part = new LinkedHashMap<>();
    part.put("type", type);
    return part;
  }
}
