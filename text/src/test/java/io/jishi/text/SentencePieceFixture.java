// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a trusted SentencePiece model (protocol buffers) as the metadata that a GGUF file made from
 * it would have.
 */
final class SentencePieceFixture {
  private final List<String> pieces = new ArrayList<>();
  private final List<Float> scores = new ArrayList<>();
  private final List<Integer> types = new ArrayList<>();
  private final Map<String, Object> metadata = new HashMap<>();

  static Map<String, Object> metadata(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return metadata(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Map<String, Object> metadata(byte[] bytes) {
    SentencePieceFixture fixture = new SentencePieceFixture();
    fixture.metadata.put("tokenizer.ggml.model", "llama");
    fixture.metadata.put("tokenizer.ggml.add_space_prefix", true);
    fixture.metadata.put("tokenizer.ggml.remove_extra_whitespaces", true);
    fixture.model(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    return fixture.done();
  }

  private Map<String, Object> done() {
    int n = pieces.size();
    float[] scoreArray = new float[n];
    int[] typeArray = new int[n];
    for (int i = 0; i < n; i++) {
      scoreArray[i] = scores.get(i);
      typeArray[i] = types.get(i);
    }
    metadata.put("tokenizer.ggml.tokens", pieces.toArray(String[]::new));
    metadata.put("tokenizer.ggml.scores", scoreArray);
    metadata.put("tokenizer.ggml.token_type", typeArray);
    if (types.contains(2)) {
      metadata.put("tokenizer.ggml.unknown_token_id", (long) types.indexOf(2));
    }
    return metadata;
  }

  /** ModelProto: 1 = pieces, 3 = normalizer_spec. */
  private void model(ByteBuffer in) {
    while (in.hasRemaining()) {
      long tag = varint(in);
      if (tag == (1 << 3 | 2)) {
        piece(message(in));
      } else if (tag == (3 << 3 | 2)) {
        normalizer(message(in));
      } else {
        skip(in, tag);
      }
    }
  }

  /** SentencePiece: 1 = piece, 2 = score, 3 = type (default NORMAL). */
  private void piece(ByteBuffer in) {
    String piece = "";
    float score = 0;
    int type = 1;
    while (in.hasRemaining()) {
      long tag = varint(in);
      switch ((int) (tag >>> 3)) {
        case 1 -> piece = StandardCharsets.UTF_8.decode(message(in)).toString();
        case 2 -> score = in.getFloat();
        case 3 -> type = (int) varint(in);
        default -> skip(in, tag);
      }
    }
    pieces.add(piece);
    scores.add(score);
    types.add(type);
  }

  /** NormalizerSpec: 3 = add_dummy_prefix, 4 = remove_extra_whitespaces. */
  private void normalizer(ByteBuffer in) {
    while (in.hasRemaining()) {
      long tag = varint(in);
      switch ((int) (tag >>> 3)) {
        case 3 -> metadata.put("tokenizer.ggml.add_space_prefix", varint(in) != 0);
        case 4 -> metadata.put("tokenizer.ggml.remove_extra_whitespaces", varint(in) != 0);
        default -> skip(in, tag);
      }
    }
  }

  private static ByteBuffer message(ByteBuffer in) {
    int length = (int) varint(in);
    ByteBuffer part = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + length);
    return part;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = in.get();
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }

  private static void skip(ByteBuffer in, long tag) {
    switch ((int) (tag & 7)) {
      case 0 -> varint(in);
      case 1 -> in.position(in.position() + 8);
      case 2 -> message(in);
      default -> in.position(in.position() + 4);
    }
  }
}
