// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data.parquet;

/** Unpacks a block of Snappy (its format description, 2011): literals and copies from before. */
final class Snappy {
  private static final int LITERAL = 0;
  private static final int SHORT_COPY = 1;

  /** A literal this long or longer keeps its length in bytes of its own. */
  private static final int LONG_LITERAL = 60;

  /** A copy takes two bytes at least and gives 64 at most. */
  private static final int MOST_RATIO = 64;

  private Snappy() {}

  /**
   * Unpacks.
   *
   * @param size bytes that must come out
   * @throws IllegalArgumentException where it is damaged
   * @throws IndexOutOfBoundsException where it is damaged
   */
  static byte[] unpack(byte[] in, int size) {
    int at = 0;
    long length = 0;
    int shift = 0;
    do {
      length |= (long) (in[at] & 0x7F) << shift;
      shift += 7;
    } while (in[at++] < 0 && shift < 35);
    if (length != size || size > (long) MOST_RATIO * in.length) {
      throw new IllegalArgumentException("a block of " + length + " bytes where " + size + " are");
    }
    byte[] out = new byte[size];
    int to = 0;
    while (at < in.length) {
      int tag = in[at++] & 0xFF;
      int kind = tag & 3;
      if (kind == LITERAL) {
        int n = tag >> 2;
        if (n >= LONG_LITERAL) {
          int bytes = n - LONG_LITERAL + 1;
          n = little(in, at, bytes);
          at += bytes;
        }
        n = Math.addExact(n, 1);
        System.arraycopy(in, at, out, to, n);
        at += n;
        to += n;
        continue;
      }
      int n = kind == SHORT_COPY ? 4 + (tag >> 2 & 7) : 1 + (tag >> 2);
      int bytes = kind == SHORT_COPY ? 1 : kind == 2 ? 2 : 4;
      int back = little(in, at, bytes) | (kind == SHORT_COPY ? tag >> 5 << 8 : 0);
      at += bytes;
      copy(out, to, back, n);
      to += n;
    }
    if (to != size) {
      throw new IllegalArgumentException(to + " bytes came out where " + size + " are");
    }
    return out;
  }

  private static int little(byte[] in, int at, int bytes) {
    int value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (in[at + i] & 0xFF) << 8 * i;
    }
    return value;
  }

  /** Copies what stands {@code back} bytes before, which may overlap what it becomes. */
  static void copy(byte[] out, int to, int back, int n) {
    if (back <= 0 || back > to) {
      throw new IllegalArgumentException("a copy from " + back + " bytes before byte " + to);
    }
    if (back >= n) {
      System.arraycopy(out, to - back, out, to, n);
      return;
    }
    for (int i = 0; i < n; i++) {
      out[to + i] = out[to + i - back];
    }
  }
}
