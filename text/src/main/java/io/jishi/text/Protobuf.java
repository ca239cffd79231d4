// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import java.util.Arrays;

/**
 * Reads one message of protocol buffers (wire format, proto2) field by field, within its bounds: a
 * length beyond the end is an error that names the byte, and nothing is allocated before its length
 * is checked.
 */
final class Protobuf {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final String source;
  private final byte[] data;
  private final int end;
  private int at;
  private int wire;

  private Protobuf(String source, byte[] data, int from, int to) {
    this.source = source;
    this.data = data;
    this.at = from;
    this.end = to;
  }

  static Protobuf of(String source, byte[] data) {
    return new Protobuf(source, data, 0, data.length);
  }

  /** The number of the next field, or 0 at the end of the message. */
  int next() {
    if (at == end) {
      return 0;
    }
    long tag = varint();
    wire = (int) tag & 7;
    long field = tag >>> 3;
    if (field == 0 || field >= 1 << 29) {
      throw bad("the field number " + field + " is none");
    }
    return (int) field;
  }

  /** The value of a field of whole numbers. */
  long number() {
    require(VARINT, "a number");
    return varint();
  }

  boolean flag() {
    return number() != 0;
  }

  float floating() {
    require(FIXED32, "a 32-bit float");
    int from = take(4);
    int bits =
        data[from] & 0xFF
            | (data[from + 1] & 0xFF) << 8
            | (data[from + 2] & 0xFF) << 16
            | data[from + 3] << 24;
    return Float.intBitsToFloat(bits);
  }

  /** The bytes of a field of bytes or text. */
  byte[] bytes() {
    require(BYTES, "bytes");
    int length = length();
    int from = take(length);
    return Arrays.copyOfRange(data, from, from + length);
  }

  /** The message that the field holds. */
  Protobuf message() {
    require(BYTES, "a message");
    int length = length();
    int from = take(length);
    return new Protobuf(source, data, from, from + length);
  }

  /** Passes over the value of the field. */
  void skip() {
    switch (wire) {
      case VARINT -> varint();
      case FIXED64 -> take(8);
      case BYTES -> take(length());
      case FIXED32 -> take(4);
      default -> throw bad("the wire type " + wire + " is not known");
    }
  }

  private void require(int expected, String what) {
    if (wire != expected) {
      throw bad("expected " + what + ", found the wire type " + wire);
    }
  }

  private int length() {
    long length = varint();
    if (length < 0 || length > end - at) {
      throw bad("a field of " + Long.toUnsignedString(length) + " bytes has " + (end - at));
    }
    return (int) length;
  }

  private int take(int count) {
    if (count > end - at) {
      throw bad("the message ends within a field");
    }
    at += count;
    return at - count;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      byte b = data[take(1)];
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw bad("a number has more than ten bytes");
  }

  private JishiException bad(String what) {
    return new JishiException.BadFile(
        "%s: not a SentencePiece model: at byte %d %s".formatted(source, at, what));
  }
}
