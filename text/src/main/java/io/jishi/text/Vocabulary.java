// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The pieces by id with their types, and the ids by piece. */
final class Vocabulary {
  /** What a token is; the numbers of GGUF are {@code ordinal() + 1}. */
  enum Type {
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE
  }

  /**
   * Longest piece that a text can become or that is searched for in a text, in UTF-16 units: bounds
   * the work that a hostile file can ask for. Real vocabularies stay below 300.
   */
  static final int MAX_PIECE = 512;

  private final String source;
  private final String[] pieces;
  private final Type[] types;
  private final Map<String, Integer> ids;

  /**
   * Takes both arrays.
   *
   * @param pieces by id; empty for an id without a piece
   * @throws JishiException.BadFile where two ids have one piece, or a piece is too long
   */
  Vocabulary(String source, String[] pieces, Type[] types) {
    this.source = source;
    this.pieces = pieces;
    this.types = types;
    this.ids = HashMap.newHashMap(pieces.length);
    for (int id = 0; id < pieces.length; id++) {
      String piece = pieces[id];
      if (piece.isEmpty()) {
        continue;
      }
      if (piece.length() > MAX_PIECE) {
        throw new JishiException.BadFile(
            "%s: token %d has %d characters, at most %d are supported"
                .formatted(source, id, piece.length(), MAX_PIECE));
      }
      Integer other = ids.putIfAbsent(piece, id);
      // Pieces that were not UTF-8 may look alike: the first is found, the others decode.
      if (other != null && piece.indexOf('\uFFFD') < 0) {
        throw new JishiException.BadFile(
            "%s: tokens %d and %d are both '%s'; each piece must have one id"
                .formatted(source, other, id, piece));
      }
    }
  }

  /** The file's name, for messages. */
  String source() {
    return source;
  }

  int size() {
    return pieces.length;
  }

  String piece(int id) {
    return pieces[check(id)];
  }

  Type type(int id) {
    return types[check(id)];
  }

  /** The id of a piece, or -1. */
  int find(String piece) {
    return ids.getOrDefault(piece, -1);
  }

  /** Whether plain text may become this token: a control token or a byte may not be spelled. */
  boolean isText(int id) {
    return types[id] == Type.NORMAL || types[id] == Type.USER_DEFINED;
  }

  int check(int id) {
    if (id < 0 || id >= pieces.length) {
      throw new JishiException.BadRequest(
          "tokens", "token " + id + " is not in the vocabulary: ids are 0 … " + (size() - 1));
    }
    return id;
  }

  /** Ids of the tokens {@code <0x00> … <0xFF>}, -1 where missing; null if there is none. */
  int[] byteIds() {
    int[] result = new int[256];
    Arrays.fill(result, -1);
    boolean any = false;
    for (int b = 0; b < 256; b++) {
      int id = find("<0x%02X>".formatted(b));
      if (id >= 0 && types[id] == Type.BYTE) {
        result[b] = id;
        any = true;
      }
    }
    return any ? result : null;
  }

  /** The byte that a piece such as {@code <0x0A>} names, or -1. */
  static int byteOf(String piece) {
    if (piece.length() != 6 || !piece.startsWith("<0x") || piece.charAt(5) != '>') {
      return -1;
    }
    int high = Character.digit(piece.charAt(3), 16);
    int low = Character.digit(piece.charAt(4), 16);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  }
}
