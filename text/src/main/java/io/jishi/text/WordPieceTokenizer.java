// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.text.Vocabulary.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/** Builds WordPiece as BERT has it: from {@code vocab.txt}, or from the pieces of a GGUF file. */
final class WordPieceTokenizer {
  private static final int MAX_CHARACTERS = 100;
  private static final String CONTINUES = "##";

  private WordPieceTokenizer() {}

  /** From the lines of {@code vocab.txt}: the number of a line is the id of its piece. */
  static Tokenizer ofLines(String source, List<String> lines, FolderTokens added) {
    List<String> pieces = new ArrayList<>(lines);
    while (!pieces.isEmpty() && pieces.getLast().isEmpty()) {
      pieces.removeLast();
    }
    String[] all = added.extend(source, pieces.toArray(String[]::new));
    JsonObject config = added.config();
    boolean lower = config.bool("do_lower_case").orElse(true);
    BertText text =
        new BertText(
            true,
            config.bool("tokenize_chinese_chars").orElse(true),
            config.bool("strip_accents").orElse(lower),
            lower);
    Type[] types = new Type[all.length];
    Arrays.fill(types, Type.NORMAL);
    added.type(all, types);
    Vocabulary vocabulary = vocabulary(source, all, types);
    WordModel model = model(source, vocabulary, "", CONTINUES);
    return build(vocabulary, text, model, detokenizer(vocabulary, CONTINUES), added::entry);
  }

  /**
   * From the metadata of a GGUF file, which marks pieces that begin a word with U+2581 instead of
   * those that continue one.
   */
  static Tokenizer ofMarked(String source, String[] pieces, Type[] types) {
    Vocabulary vocabulary = vocabulary(source, pieces, types);
    WordModel model = model(source, vocabulary, "\u2581", "");
    BertText text = new BertText(true, true, true, true);
    return build(vocabulary, text, model, markedText(vocabulary), AddedTokens.Entry::new);
  }

  private static Vocabulary vocabulary(String source, String[] pieces, Type[] types) {
    for (int id = 0; id < pieces.length; id++) {
      switch (pieces[id]) {
        case "[PAD]", "[CLS]", "[SEP]", "[MASK]" -> types[id] = Type.CONTROL;
        case "[UNK]" -> types[id] = Type.UNKNOWN;
        default -> {}
      }
    }
    return new Vocabulary(source, pieces, types);
  }

  private static WordModel model(
      String source, Vocabulary vocabulary, String begins, String continues) {
    int unknown = vocabulary.find("[UNK]");
    if (unknown < 0) {
      throw new JishiException.BadFile(
          source + ": the vocabulary has no token [UNK], which WordPiece needs");
    }
    return WordPieceModel.of(vocabulary, unknown, begins, continues, MAX_CHARACTERS);
  }

  private interface Entries {
    AddedTokens.Entry of(int id, String piece);
  }

  private static Tokenizer build(
      Vocabulary vocabulary,
      BertText text,
      WordModel model,
      Detokenizer detokenizer,
      Entries entries) {
    List<AddedTokens.Entry> inText = new ArrayList<>();
    List<AddedTokens.Entry> inTemplates = new ArrayList<>();
    for (int id = 0; id < vocabulary.size(); id++) {
      switch (vocabulary.type(id)) {
        case USER_DEFINED -> {
          inText.add(entries.of(id, vocabulary.piece(id)));
          inTemplates.add(entries.of(id, vocabulary.piece(id)));
        }
        case CONTROL, UNKNOWN -> inTemplates.add(entries.of(id, vocabulary.piece(id)));
        case NORMAL, UNUSED, BYTE -> {}
      }
    }
    OptionalInt cls = optional(vocabulary.find("[CLS]"));
    OptionalInt sep = optional(vocabulary.find("[SEP]"));
    return new PipelineTokenizer(
        new PipelineTokenizer.Parts(
            "WordPiece",
            vocabulary,
            new AddedTokens(inText),
            new AddedTokens(inTemplates),
            new AddedTokens(List.of()),
            (part, before) -> text.apply(part),
            WordPath.of(List.of(BertText.WORDS), model),
            detokenizer,
            new Framing(GgufTokenizer.only(true, cls), GgufTokenizer.only(true, sep)),
            cls,
            sep));
  }

  private static OptionalInt optional(int id) {
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /**
   * A space before each piece but those that continue a word; then, piece by piece, the spaces go
   * that English has not before punctuation and endings.
   */
  static Detokenizer detokenizer(Vocabulary vocabulary, String continues) {
    return detokenizer(vocabulary, continues, true);
  }

  /**
   * As above.
   *
   * @param cleans whether those spaces go
   */
  static Detokenizer detokenizer(Vocabulary vocabulary, String continues, boolean cleans) {
    var out =
        new Detokenizer.Builder(Utf8Assembler.Errors.PER_SEQUENCE, Detokenizer.Leading.OPENING);
    for (int id = 0; id < vocabulary.size(); id++) {
      String piece = vocabulary.piece(id);
      if (isSilent(vocabulary.type(id))) {
        out.add();
        continue;
      }
      boolean inside = !continues.isEmpty() && piece.startsWith(continues);
      String later = inside ? piece.substring(continues.length()) : " " + piece;
      out.addOpening(utf8(cleans ? cleaned(piece) : piece));
      out.add(utf8(cleans ? cleaned(later) : later));
    }
    return out.build();
  }

  private static Detokenizer markedText(Vocabulary vocabulary) {
    var out =
        new Detokenizer.Builder(Utf8Assembler.Errors.PER_SEQUENCE, Detokenizer.Leading.OPENING);
    for (int id = 0; id < vocabulary.size(); id++) {
      String piece = vocabulary.piece(id);
      boolean begins = piece.startsWith("\u2581");
      if (isSilent(vocabulary.type(id))) {
        out.add();
      } else {
        String word = begins ? piece.substring(1) : piece;
        out.addOpening(utf8(word));
        out.add(utf8(begins ? cleaned(" " + word) : word));
      }
    }
    return out.build();
  }

  /** Control tokens and the unknown word have no text. */
  private static boolean isSilent(Type type) {
    return type == Type.CONTROL || type == Type.UNKNOWN;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String cleaned(String text) {
    return text.replace(" .", ".")
        .replace(" ?", "?")
        .replace(" !", "!")
        .replace(" ,", ",")
        .replace(" ' ", "'")
        .replace(" n't", "n't")
        .replace(" 'm", "'m")
        .replace(" do not", " don't")
        .replace(" 's", "'s")
        .replace(" 've", "'ve")
        .replace(" 're", "'re");
  }
}
