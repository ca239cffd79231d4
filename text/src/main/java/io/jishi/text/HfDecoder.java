// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.text.Vocabulary.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The field {@code decoder} of {@code tokenizer.json}, as far as it works token by token. */
final class HfDecoder {
  private final List<UnaryOperator<String>> replaced = new ArrayList<>();
  private boolean byteLevel;
  private boolean byteFallback;
  private boolean stripsFirst;

  /** What marks a piece of WordPiece that continues a word; null for other models. */
  private String continues;

  private boolean cleans;

  private HfDecoder() {}

  /** The texts of all tokens; control tokens have none. */
  static Detokenizer read(JsonObject root, Vocabulary vocabulary) {
    HfDecoder decoder = new HfDecoder();
    decoder.one(root.object("decoder").orElseThrow(() -> root.missing("decoder")));
    return decoder.build(vocabulary);
  }

  private void one(JsonObject json) {
    String type = Hf.type(json);
    switch (type) {
      case "Sequence" -> Hf.objects(json, "decoders").forEach(this::one);
      case "ByteLevel" -> byteLevel = true;
      case "ByteFallback" -> byteFallback = true;
      case "Fuse" -> {}
      case "Replace" -> {
        Optional<String> pattern = Hf.literalPattern(json);
        String content = Hf.text(json, "content");
        if (pattern.isEmpty() || pattern.get().isEmpty()) {
          throw unsupported(json, "Replace' with a regular expression or nothing to replace");
        }
        replaced.add(piece -> piece.replace(pattern.get(), content));
      }
      case "Metaspace" -> {
        String mark = json.text("replacement").orElse("\u2581");
        boolean legacy = json.bool("add_prefix_space").orElse(true);
        String scheme = json.text("prepend_scheme").orElse(legacy ? "always" : "never");
        replaced.add(piece -> piece.replace(mark, " "));
        stripsFirst = !scheme.equals("never");
      }
      case "Strip" -> strip(json);
      case "WordPiece" -> wordPiece(json);
      default -> throw unsupported(json, type + "'");
    }
  }

  private void strip(JsonObject json) {
    int start = json.integer("start").orElse(0);
    int stop = json.integer("stop").orElse(0);
    boolean space = json.text("content").orElse(" ").equals(" ");
    if (!space || start < 0 || start > 1 || stop != 0) {
      throw unsupported(json, "Strip' of anything but one space at the start");
    }
    stripsFirst = start == 1;
  }

  private static JishiException unsupported(JsonObject json, String what) {
    return new JishiException.Unsupported(
        json.source() + ": the decoder '" + what + " is not supported");
  }

  private void wordPiece(JsonObject json) {
    continues = json.text("prefix").orElse("##");
    cleans = json.bool("cleanup").orElse(true);
  }

  private Detokenizer build(Vocabulary vocabulary) {
    if (continues != null) {
      return WordPieceTokenizer.detokenizer(vocabulary, continues, cleans);
    }
    var out =
        new Detokenizer.Builder(
            byteLevel ? Utf8Assembler.Errors.PER_SEQUENCE : Utf8Assembler.Errors.PER_BYTE,
            stripsFirst ? Detokenizer.Leading.STRIP_ONE : Detokenizer.Leading.KEEP);
    for (int id = 0; id < vocabulary.size(); id++) {
      String piece = vocabulary.piece(id);
      int b = byteFallback ? Vocabulary.byteOf(piece) : -1;
      if (vocabulary.type(id) == Type.CONTROL) {
        out.add();
      } else if (b >= 0) {
        out.addLiteral((byte) b);
      } else {
        out.add(bytes(piece));
      }
    }
    return out.build();
  }

  private byte[] bytes(String piece) {
    String text = piece;
    for (UnaryOperator<String> step : replaced) {
      text = step.apply(text);
    }
    return byteLevel ? ByteAlphabet.decode(text) : text.getBytes(StandardCharsets.UTF_8);
  }
}
