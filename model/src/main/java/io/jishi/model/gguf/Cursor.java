// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.gguf;

import io.jishi.base.JishiException.BadFile;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads a file's header, one little-endian value after another and nothing beyond its end. It knows
 * which field is being read, for messages.
 */
final class Cursor {
  /**
   * Bytes of metadata and tensor list. The largest vocabularies need a third; as Java objects a
   * hostile header of this length takes ten times as much.
   */
  static final int LONGEST_HEADER = 64 << 20;

  private final String source;
  private final long fileSize;
  private final ByteBuffer bytes;
  private byte[] scratch = new byte[256];
  private String field = "the header";

  Cursor(String source, MemorySegment file) {
    this.source = source;
    this.fileSize = file.byteSize();
    this.bytes =
        file.asSlice(0, Math.min(fileSize, LONGEST_HEADER))
            .asByteBuffer()
            .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Names what is read from here on. */
  void reading(String what) {
    field = what;
  }

  /** Offset in the file of the next value. */
  int position() {
    return bytes.position();
  }

  byte u8() {
    need(1);
    return bytes.get();
  }

  short u16() {
    need(2);
    return bytes.getShort();
  }

  int u32() {
    need(4);
    return bytes.getInt();
  }

  long u64() {
    need(8);
    return bytes.getLong();
  }

  /** A count of things that take at least {@code leastBytes} each: the file has room for them. */
  int count(String things, long leastBytes) {
    long count = u64();
    if (count < 0 || count > bytes.remaining() / leastBytes) {
      throw bad(
          "says that "
              + Long.toUnsignedString(count)
              + " "
              + things
              + " follow, but only "
              + bytes.remaining()
              + " bytes do: the file is damaged or incomplete; fetch it again");
    }
    return (int) count;
  }

  /** A length and so many bytes of UTF-8. */
  String string() {
    long length = u64();
    if (length == 0) {
      return "";
    }
    need(length);
    int n = (int) length;
    if (scratch.length < n) {
      scratch = new byte[Math.max(n, (int) Math.min(2L * scratch.length, bytes.remaining()))];
    }
    bytes.get(scratch, 0, n);
    String text = new String(scratch, 0, n, StandardCharsets.UTF_8);
    // Decoding replaces what is malformed by U+FFFD: only a text that holds one is checked again.
    return text.indexOf('\uFFFD') < 0 ? text : strict(n);
  }

  /** An error about the field that is being read. */
  BadFile bad(String problem) {
    return new BadFile(source + ": " + field + " (before offset " + position() + ") " + problem);
  }

  private String strict(int length) {
    try {
      CharBuffer text =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(scratch, 0, length));
      return text.toString();
    } catch (CharacterCodingException e) {
      throw bad("holds text that is not UTF-8; the file is damaged");
    }
  }

  private void need(long count) {
    if (count >= 0 && count <= bytes.remaining()) {
      return;
    }
    String wanted = field + " needs " + Long.toUnsignedString(count) + " bytes at " + position();
    boolean inFile = count > 0 && count <= fileSize - position();
    throw new BadFile(
        source
            + ": "
            + wanted
            + (inFile
                ? ", beyond the longest header of " + LONGEST_HEADER + " bytes"
                : " but the file ends at " + fileSize + ": it is incomplete; fetch it again"));
  }
}
