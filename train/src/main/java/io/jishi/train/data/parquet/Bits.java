// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data.parquet;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Bits of a part of an array, little-endian: from its end backwards, as Zstandard writes its
 * streams, or forwards. Bits before the beginning are zero.
 */
final class Bits {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] in;
  private final int from;
  private final int to;
  private long left;

  private Bits(byte[] in, int from, int to, long left) {
    this.in = in;
    this.from = from;
    this.to = to;
    this.left = left;
  }

  /** From the end: the highest bit of the last byte that is set is no part of it. */
  static Bits backwards(byte[] in, int from, int to) {
    if (to <= from || in[to - 1] == 0) {
      throw new IllegalArgumentException("a stream of bits without its end");
    }
    int top = 31 - Integer.numberOfLeadingZeros(in[to - 1] & 0xFF);
    return new Bits(in, from, to, 8L * (to - from - 1) + top);
  }

  /** From the beginning. */
  static Bits forwards(byte[] in, int from, int to) {
    return new Bits(in, from, to, 0);
  }

  /** Bits that are left, backwards; below zero when more were taken than there are. */
  long left() {
    return left;
  }

  /** The next bits, backwards. */
  int back(int n) {
    left -= n;
    return at(left, n);
  }

  /** The same, which stay. */
  int peek(int n) {
    return at(left - n, n);
  }

  void skip(int n) {
    left -= n;
  }

  /** The next bits, forwards. */
  int next(int n) {
    int value = at(left, n);
    left += n;
    return value;
  }

  /** The first whole byte that was not touched, forwards. */
  int aligned() {
    long end = from + (left + 7) / 8;
    if (end > to) {
      throw new IllegalArgumentException("a table that goes on behind its block");
    }
    return (int) end;
  }

  private int at(long bit, int n) {
    if (bit < 0) {
      int there = (int) Math.max(0, n + bit);
      return there == 0 ? 0 : at(0, there) << n - there;
    }
    int first = (int) (from + (bit >> 3));
    long word = 0;
    if (first + 8 <= to) {
      word = (long) LONG.get(in, first);
    } else {
      for (int i = first; i < to; i++) {
        word |= (in[i] & 0xFFL) << 8 * (i - first);
      }
    }
    return (int) (word >>> (bit & 7) & (1L << n) - 1);
  }
}
