// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.nio.charset.StandardCharsets;

/**
 * The alphabet of byte-level BPE: one visible character for each byte (GPT-2, Radford et al. 2019).
 * Printable Latin-1 stands for itself, the other 68 bytes for U+0100 … U+0143 in ascending order.
 */
final class ByteAlphabet {
  private static final int END = 0x144;
  private static final char[] CHARS = new char[256];
  private static final short[] BYTES = new short[END];

  static {
    java.util.Arrays.fill(BYTES, (short) -1);
    char next = 0x100;
    for (int b = 0; b < 256; b++) {
      CHARS[b] = isPrintable(b) ? (char) b : next++;
      BYTES[CHARS[b]] = (short) b;
    }
  }

  private ByteAlphabet() {}

  private static boolean isPrintable(int b) {
    return b >= '!' && b <= '~' || b >= 0xA1 && b != 0xAD;
  }

  /** The character that stands for a byte, {@code 0 … 255}. */
  static char of(int b) {
    return CHARS[b];
  }

  /** The text with each byte of its UTF-8 form as one character. */
  static String encode(String text) {
    return encode(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The bytes as one character each. */
  static String encode(byte[] bytes) {
    char[] chars = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      chars[i] = CHARS[bytes[i] & 0xFF];
    }
    return new String(chars);
  }

  /** The bytes that a piece stands for; its plain UTF-8 form where it leaves the alphabet. */
  static byte[] decode(String piece) {
    byte[] bytes = new byte[piece.length()];
    for (int i = 0; i < bytes.length; i++) {
      char c = piece.charAt(i);
      if (c >= END || BYTES[c] < 0) {
        return piece.getBytes(StandardCharsets.UTF_8);
      }
      bytes[i] = (byte) BYTES[c];
    }
    return bytes;
  }
}
