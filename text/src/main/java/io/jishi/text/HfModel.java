// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import java.util.List;

/** The field {@code model} of {@code tokenizer.json}: BPE, Unigram, WordPiece or WordLevel. */
final class HfModel {
  private final JsonObject json;
  private final Vocabulary vocabulary;

  private HfModel(JsonObject json, Vocabulary vocabulary) {
    this.json = json;
    this.vocabulary = vocabulary;
  }

  /** The kind of model; files from before the field was written are told apart by their parts. */
  static String type(JsonObject json) {
    String guess = json.has("merges") ? "BPE" : json.has("unk_id") ? "Unigram" : "unknown";
    return json.text("type").orElse(guess);
  }

  /** Whether characters without a token become bytes. */
  static boolean byteFallback(JsonObject json) {
    return json.bool("byte_fallback").orElse(false);
  }

  /** For display. */
  static String kind(JsonObject json) {
    return switch (type(json)) {
      case "BPE" -> byteFallback(json) ? "SentencePiece-style BPE" : "byte-level BPE";
      case "Unigram" -> "SentencePiece-style unigram";
      default -> type(json);
    };
  }

  /** The model; a kind that is not known is refused. */
  static WordModel read(JsonObject json, Vocabulary vocabulary) {
    HfModel reader = new HfModel(json, vocabulary);
    return switch (type(json)) {
      case "BPE" -> reader.bpe();
      case "Unigram" -> reader.unigram();
      case "WordPiece" -> reader.wordPiece();
      case "WordLevel" -> reader.wordLevel();
      default ->
          throw new JishiException.Unsupported(
              "%s: 'type' is '%s'; BPE, Unigram, WordPiece and WordLevel are supported"
                  .formatted(json.source(), type(json)));
    };
  }

  private WordModel bpe() {
    for (String field : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
      if (!json.text(field).orElse("").isEmpty()) {
        throw new JishiException.Unsupported(
            json.source() + ": '" + field + "' is set, which is not supported");
      }
    }
    List<Object> merges = json.array("merges").orElseThrow(() -> json.missing("merges"));
    Merges.Ranked ranked = new Merges.Ranked(json.source(), vocabulary, merges.size());
    for (Object merge : merges) {
      if (merge instanceof String pair) {
        ranked.add(pair);
      } else if (merge instanceof List<?> pair
          && pair.size() == 2
          && pair.get(0) instanceof String left
          && pair.get(1) instanceof String right) {
        ranked.add(left, right);
      } else {
        throw json.wrong("merges", "pairs of pieces");
      }
    }
    return new BpeModel(
        vocabulary,
        Symbols.of(vocabulary),
        ranked.pairs(),
        byteFallback(json) ? vocabulary.byteIds() : null,
        json.has("unk_token") ? unknownToken() : -1,
        json.bool("fuse_unk").orElse(false),
        json.bool("ignore_merges").orElse(false));
  }

  private int unknownToken() {
    int unknown = vocabulary.find(Hf.text(json, "unk_token"));
    if (unknown < 0) {
      throw json.wrong("unk_token", "a piece of the vocabulary");
    }
    return unknown;
  }

  private WordModel unigram() {
    List<Object> pairs = json.array("vocab").orElseThrow(() -> json.missing("vocab"));
    double[] scores = new double[vocabulary.size()];
    for (int id = 0; id < pairs.size(); id++) {
      Object score = pairs.get(id) instanceof List<?> pair ? pair.get(1) : null;
      if (!(score instanceof Number number) || Double.isNaN(number.doubleValue())) {
        throw json.wrong("vocab", "pairs of a piece and a score");
      }
      scores[id] = number.doubleValue();
    }
    int unknown = json.requireInt("unk_id");
    if (unknown < 0 || unknown >= pairs.size()) {
      throw json.wrong("unk_id", "the id of a token");
    }
    int[] bytes = byteFallback(json) ? vocabulary.byteIds() : null;
    return new UnigramModel(new UnigramModel.Parts(vocabulary, scores, bytes, unknown, false));
  }

  private WordModel wordPiece() {
    return WordPieceModel.of(
        vocabulary,
        unknownToken(),
        "",
        json.text("continuing_subword_prefix").orElse("##"),
        json.integer("max_input_chars_per_word").orElse(100));
  }

  private WordModel wordLevel() {
    int unknown = unknownToken();
    return (text, from, to, out) -> {
      int id = vocabulary.find(text.substring(from, to));
      out.add(id >= 0 && vocabulary.isText(id) ? id : unknown);
    };
  }
}
