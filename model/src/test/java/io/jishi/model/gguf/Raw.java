// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.gguf;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** A GGUF file byte by byte, for files that no honest writer makes. */
final class Raw {
  static final int U32 = 4;
  static final int STRING = 8;
  static final int ARRAY = 9;
  static final int U64 = 10;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A file of version 3 that says to hold so many tensors and metadata pairs. */
  static Raw file(long tensors, long pairs) {
    return new Raw().text("GGUF").u32(3).u64(tensors).u64(pairs);
  }

  Raw text(String text) {
    return bytes(text.getBytes(StandardCharsets.UTF_8));
  }

  Raw bytes(byte... bytes) {
    out.writeBytes(bytes);
    return this;
  }

  Raw u32(long value) {
    return little(value, 4);
  }

  Raw u64(long value) {
    return little(value, 8);
  }

  Raw string(String text) {
    return u64(text.getBytes(StandardCharsets.UTF_8).length).text(text);
  }

  /** An entry of the tensor list; dimensions as the file has them, the contiguous one first. */
  Raw tensor(String name, int type, long offset, long... dimensions) {
    string(name).u32(dimensions.length);
    for (long dimension : dimensions) {
      u64(dimension);
    }
    return u32(type).u64(offset);
  }

  /** Zeros up to the alignment, then so many bytes of data. */
  Raw data(int bytes) {
    return bytes(new byte[Math.ceilDiv(out.size(), 32) * 32 - out.size() + bytes]);
  }

  byte[] toBytes() {
    return out.toByteArray();
  }

  GgufPart parse() {
    return GgufPart.parse("m.gguf", MemorySegment.ofArray(toBytes()));
  }

  private Raw little(long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (value >>> 8 * i));
    }
    return this;
  }
}
