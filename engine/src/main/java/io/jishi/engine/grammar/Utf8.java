// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

/** Ranges of code points as ranges of UTF-8 bytes (Unicode 16, table 3-6). */
final class Utf8 {
  private Utf8() {}

  /** Takes one sequence of byte ranges: first and last byte of each place in turn. */
  interface Sink {
    void sequence(int[] low, int[] high);
  }

  /** Hands on the sequences that together match exactly the code points first to last. */
  static void split(int first, int last, Sink sink) {
    int[] borders = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};
    int from = first;
    for (int border : borders) {
      if (from <= Math.min(last, border)) {
        sameLength(from, Math.min(last, border), sink);
        from = border + 1;
      }
    }
  }

  /** Splits until only the last bytes of both ends differ over their whole range. */
  private static void sameLength(int first, int last, Sink sink) {
    int length = length(first);
    for (int tail = 1; tail < length; tail++) {
      int mask = (1 << 6 * tail) - 1;
      if ((first & ~mask) != (last & ~mask)) {
        if ((first & mask) != 0) {
          sameLength(first, first | mask, sink);
          sameLength((first | mask) + 1, last, sink);
          return;
        }
        if ((last & mask) != mask) {
          sameLength(first, (last & ~mask) - 1, sink);
          sameLength(last & ~mask, last, sink);
          return;
        }
      }
    }
    sink.sequence(encode(first), encode(last));
  }

  static int length(int c) {
    return c <= 0x7F ? 1 : c <= 0x7FF ? 2 : c <= 0xFFFF ? 3 : 4;
  }

  static int[] encode(int c) {
    int length = length(c);
    if (length == 1) {
      return new int[] {c};
    }
    int[] bytes = new int[length];
    for (int i = length - 1; i > 0; i--) {
      bytes[i] = 0x80 | c >> 6 * (length - 1 - i) & 0x3F;
    }
    bytes[0] = 0xF00 >> length & 0xFF | c >> 6 * (length - 1);
    return bytes;
  }
}
