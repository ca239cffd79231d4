// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The compiled character map of SentencePiece ({@code precompiled_charsmap}): the size of a
 * double-array trie in bytes, the trie (32-bit units in the layout of Darts-clone, little-endian),
 * then the replacements, each ended by a zero byte. Nothing is trusted: every unit that a search
 * reads lies within the trie, and every replacement within the rest.
 */
final class Charsmap {
  private final int[] units;
  private final byte[] replacements;

  private Charsmap(int[] units, byte[] replacements) {
    this.units = units;
    this.replacements = replacements;
  }

  /** Reads a map. */
  static Charsmap read(String source, byte[] blob) {
    if (blob.length < 8) {
      throw new JishiException.BadFile(
          source + ": precompiled_charsmap has " + blob.length + " bytes, at least 8 are needed");
    }
    ByteBuffer in = ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN);
    long size = Integer.toUnsignedLong(in.getInt());
    if (size == 0 || size % 4 != 0 || size > blob.length - 4) {
      throw new JishiException.BadFile(
          "%s: precompiled_charsmap names a trie of %d bytes, but has %d"
              .formatted(source, size, blob.length - 4));
    }
    int[] units = new int[(int) size / 4];
    in.asIntBuffer().get(units);
    byte[] rest = java.util.Arrays.copyOfRange(blob, 4 + (int) size, blob.length);
    return new Charsmap(units, rest);
  }

  /**
   * Looks for a beginning of {@code utf8[from, to)}.
   *
   * @param longest whether the longest is taken; else the shortest
   * @return {@code offset of the replacement << 32 | bytes that it replaces}, or -1
   */
  long find(byte[] utf8, int from, int to, boolean longest) {
    long found = -1;
    int node = offset(units[0]);
    for (int i = from; i < to; i++) {
      node ^= utf8[i] & 0xFF;
      if (node < 0 || node >= units.length) {
        break;
      }
      int unit = units[node];
      if ((unit & 0x800000FF) != (utf8[i] & 0xFF)) {
        break;
      }
      node ^= offset(unit);
      if ((unit >>> 8 & 1) != 0 && node >= 0 && node < units.length) {
        found = (long) (units[node] & Integer.MAX_VALUE) << 32 | i + 1 - from;
        if (!longest) {
          break;
        }
      }
    }
    return found;
  }

  private static int offset(int unit) {
    return unit >>> 10 << ((unit & 1 << 9) >>> 6);
  }

  /** The replacement at an offset; nothing where the offset lies outside. */
  String replacement(int offset) {
    if (offset >= replacements.length) {
      return "";
    }
    int end = offset;
    // Replacements are a few characters; one bound for all keeps the work of a hostile map small.
    int limit = Math.min(replacements.length, offset + 64);
    while (end < limit && replacements[end] != 0) {
      end++;
    }
    return new String(replacements, offset, end - offset, StandardCharsets.UTF_8);
  }
}
