// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.gguf;

/** The types of metadata values; the ordinal is the number in the file. */
enum ValueType {
  U8(1),
  I8(1),
  U16(2),
  I16(2),
  U32(4),
  I32(4),
  F32(4),
  BOOL(1),
  STRING(8),
  ARRAY(12),
  U64(8),
  I64(8),
  F64(8);

  private static final ValueType[] BY_ID = values();

  private final int leastBytes;

  ValueType(int leastBytes) {
    this.leastBytes = leastBytes;
  }

  /** Bytes that one value takes at least: a string its length, an array its type and count. */
  int leastBytes() {
    return leastBytes;
  }

  /** The type with that number, or null. */
  static ValueType ofId(int id) {
    return id >= 0 && id < BY_ID.length ? BY_ID[id] : null;
  }
}
