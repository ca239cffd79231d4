// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.text.Vocabulary.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a SentencePiece model holds ({@code sentencepiece_model.proto}, {@code ModelProto}).
 *
 * @param algorithm 1 for unigram, 2 for BPE, 3 for words, 4 for characters
 * @param charsmap the map of the normalizer, or null
 * @param prefix {@code add_dummy_prefix}
 * @param collapse {@code remove_extra_whitespaces}
 * @param escape {@code escape_whitespaces}
 * @param suffix {@code treat_whitespace_as_suffix}
 * @param unknownText what an unknown token decodes to
 */
record SentencePieceModel(
    String source,
    String[] pieces,
    float[] scores,
    Type[] types,
    int algorithm,
    Charsmap charsmap,
    boolean prefix,
    boolean collapse,
    boolean escape,
    boolean suffix,
    String unknownText) {
  static final int UNIGRAM = 1;
  static final int BPE = 2;

  static SentencePieceModel read(String source, byte[] file) {
    return new Reader(source).model(Protobuf.of(source, file));
  }

  /** The first token of a type, or -1. */
  int first(Type type) {
    for (int id = 0; id < types.length; id++) {
      if (types[id] == type) {
        return id;
      }
    }
    return -1;
  }

  /** The token of a piece if it is a control token, or -1. */
  int control(String piece) {
    for (int id = 0; id < pieces.length; id++) {
      if (types[id] == Type.CONTROL && pieces[id].equals(piece)) {
        return id;
      }
    }
    return -1;
  }

  private static final class Reader {
    private final String source;
    private final List<String> pieces = new ArrayList<>();
    private final List<Float> scores = new ArrayList<>();
    private final List<Type> types = new ArrayList<>();
    private int algorithm = UNIGRAM;
    private Charsmap charsmap;
    private boolean prefix = true;
    private boolean collapse = true;
    private boolean escape = true;
    private boolean suffix;
    private String unknownText = " \u2047 ";

    Reader(String source) {
      this.source = source;
    }

    SentencePieceModel model(Protobuf in) {
      for (int field = in.next(); field != 0; field = in.next()) {
        switch (field) {
          case 1 -> piece(in.message());
          case 2 -> trainer(in.message());
          case 3 -> normalizer(in.message());
          default -> in.skip();
        }
      }
      if (pieces.isEmpty()) {
        throw new JishiException.BadFile(source + ": not a SentencePiece model: it has no pieces");
      }
      float[] array = new float[scores.size()];
      for (int i = 0; i < array.length; i++) {
        array[i] = scores.get(i);
      }
      return new SentencePieceModel(
          source,
          pieces.toArray(String[]::new),
          array,
          types.toArray(Type[]::new),
          algorithm,
          charsmap,
          prefix,
          collapse,
          escape,
          suffix,
          unknownText);
    }

    private void piece(Protobuf in) {
      String piece = "";
      float score = 0;
      long type = 1;
      for (int field = in.next(); field != 0; field = in.next()) {
        switch (field) {
          case 1 -> piece = new String(in.bytes(), StandardCharsets.UTF_8);
          case 2 -> score = in.floating();
          case 3 -> type = in.number();
          default -> in.skip();
        }
      }
      if (type < 1 || type > Type.values().length) {
        throw bad("has the unknown type " + type);
      }
      if (piece.isEmpty() || Float.isNaN(score)) {
        throw bad(piece.isEmpty() ? "is empty" : "has no number as its score");
      }
      pieces.add(piece);
      scores.add(score);
      types.add(Type.values()[(int) type - 1]);
    }

    private JishiException bad(String what) {
      return new JishiException.BadFile(
          "%s: the SentencePiece token %d %s".formatted(source, pieces.size(), what));
    }

    private void trainer(Protobuf in) {
      for (int field = in.next(); field != 0; field = in.next()) {
        switch (field) {
          case 3 -> algorithm = (int) Math.clamp(in.number(), 0L, 99L);
          case 24 -> suffix = in.flag();
          case 44 -> unknownText = new String(in.bytes(), StandardCharsets.UTF_8);
          default -> in.skip();
        }
      }
    }

    private void normalizer(Protobuf in) {
      for (int field = in.next(); field != 0; field = in.next()) {
        switch (field) {
          case 2 -> {
            byte[] blob = in.bytes();
            charsmap = blob.length == 0 ? null : Charsmap.read(source, blob);
          }
          case 3 -> prefix = in.flag();
          case 4 -> collapse = in.flag();
          case 5 -> escape = in.flag();
          default -> in.skip();
        }
      }
    }
  }
}
