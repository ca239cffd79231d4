// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.text.Vocabulary.Type;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The tokens of a folder's SentencePiece BPE, for writing them in another form: those of {@code
 * tokenizer.model}, and those that the files beside it add.
 *
 * @param pieces by id; empty where an id has none
 * @param scores by which pairs are joined, the highest first
 * @param types as SentencePiece and GGUF number them: 1 normal, 2 unknown, 3 control, 4 defined by
 *     users, 5 unused, 6 a byte
 * @param prefix whether a space is put before a text
 * @param collapse whether spaces side by side count as one
 */
public record SentencePieceTable(
    String[] pieces, float[] scores, int[] types, boolean prefix, boolean collapse) {
  private static final String FILE = "tokenizer.model";

  /** Tokens that are found in a text before pairs are joined: no pair makes them. */
  private static final float ADDED = -1000;

  /**
   * Reads a folder.
   *
   * @return null where the folder's vocabulary is in another file, or of another kind
   * @throws JishiException.Unsupported where texts are changed in a way that no other form has
   */
  public static SentencePieceTable read(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      return null;
    }
    byte[] data;
    try {
      data = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new JishiException.BadFile(file + ": cannot be read: " + e, e);
    }
    if (TiktokenRanks.looksSo(data)) {
      return null;
    }
    SentencePieceModel model = SentencePieceModel.read(file.toString(), data);
    if (model.algorithm() != SentencePieceModel.BPE) {
      return null;
    }
    if (model.charsmap() != null || !model.escape() || model.suffix()) {
      throw new JishiException.Unsupported(
          file + ": changes the characters of texts, which GGUF's SentencePiece BPE does not");
    }
    FolderTokens added = FolderTokens.read(folder);
    int own = model.pieces().length;
    added.append(own, added.family().appended());
    String[] pieces = added.extend(model.source(), model.pieces());
    Type[] types = Arrays.copyOf(model.types(), pieces.length);
    Arrays.fill(types, own, types.length, Type.UNUSED);
    added.type(pieces, types);
    float[] scores = Arrays.copyOf(model.scores(), pieces.length);
    Arrays.fill(scores, own, scores.length, ADDED);
    int[] numbers = Arrays.stream(types).mapToInt(type -> type.ordinal() + 1).toArray();
    return new SentencePieceTable(pieces, scores, numbers, model.prefix(), model.collapse());
  }
}
