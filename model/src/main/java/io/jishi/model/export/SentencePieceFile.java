// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes {@code tokenizer.model}: a SentencePiece BPE in protocol buffers ({@code
 * sentencepiece_model.proto}).
 */
final class SentencePieceFile {
  private static final int PIECES = 1;
  private static final int TRAINER = 2;
  private static final int NORMALIZER = 3;
  private static final int BPE = 2;
  private static final int BYTES = 2; // the wire type of lengths and what follows them
  private static final int FIXED32 = 5;

  private SentencePieceFile() {}

  /**
   * The bytes of a model.
   *
   * @param types as GGUF numbers them, which are SentencePiece's own
   * @param prefix whether a space is put before a text
   * @param collapse whether spaces side by side count as one
   */
  static byte[] bytes(
      String[] pieces, float[] scores, int[] types, boolean prefix, boolean collapse) {
    Message model = new Message();
    boolean bytes = false;
    for (int id = 0; id < pieces.length; id++) {
      bytes |= types[id] == GgufVocabulary.BYTE;
      model.message(
          PIECES, new Message().text(1, pieces[id]).single(2, scores[id]).number(3, types[id]));
    }
    model.message(TRAINER, new Message().number(3, BPE).number(35, bytes ? 1 : 0));
    model.message(
        NORMALIZER,
        new Message()
            .text(1, "identity")
            .number(3, prefix ? 1 : 0)
            .number(4, collapse ? 1 : 0)
            .number(5, 1));
    return model.bytes.toByteArray();
  }

  private static final class Message {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private Message varint(long value) {
      long left = value;
      while (left > 127) {
        bytes.write((int) (left & 127 | 128));
        left >>>= 7;
      }
      bytes.write((int) left);
      return this;
    }

    private Message block(int field, byte[] content) {
      varint((long) field << 3 | BYTES).varint(content.length);
      bytes.writeBytes(content);
      return this;
    }

    Message text(int field, String value) {
      return block(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message message(int field, Message inner) {
      return block(field, inner.bytes.toByteArray());
    }

    Message number(int field, long value) {
      return varint((long) field << 3).varint(value);
    }

    Message single(int field, float value) {
      varint((long) field << 3 | FIXED32);
      bytes.writeBytes(
          ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
      return this;
    }
  }
}
