// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data.parquet;

import java.util.Arrays;

/**
 * A table of Huffman codes as Zstandard has them (RFC 8878, 4.2): by the next {@code log} bits a
 * symbol, and how many of them are its own.
 */
record Huffman(int log, byte[] symbols, byte[] bits) {
  private static final int MOST_LOG = 11;
  private static final int WEIGHTS_LOG = 6;
  private static final int DIRECT = 128;
  private static final int STREAMS = 4;

  /** A table and where what follows it begins. */
  record Read(Huffman table, int end) {}

  /** Reads the weights of all symbols but the last one, and makes their table. */
  static Read read(byte[] in, int from, int to) {
    int head = in[from] & 0xFF;
    byte[] weights;
    int end;
    if (head >= DIRECT) {
      weights = new byte[head - DIRECT + 1];
      end = from + 1 + (weights.length + 1) / 2;
      for (int i = 0; i < weights.length; i++) {
        int both = in[from + 1 + i / 2];
        weights[i] = (byte) (i % 2 == 0 ? both >> 4 & 15 : both & 15);
      }
    } else {
      end = from + 1 + head;
      if (end > to) {
        throw new IllegalArgumentException("weights that go on behind their block");
      }
      Fse.Read table = Fse.read(in, from + 1, end, WEIGHTS_LOG);
      weights = weights(table.table(), Bits.backwards(in, table.end(), end));
    }
    return new Read(of(weights), end);
  }

  /** Two states take turns until the bits are used up. */
  private static byte[] weights(Fse table, Bits stream) {
    byte[] weights = new byte[256];
    int n = 0;
    int own = stream.back(table.log());
    int other = stream.back(table.log());
    while (true) {
      weights[n++] = (byte) table.symbol(own);
      own = table.next(own, stream);
      if (stream.left() < 0) {
        weights[n++] = (byte) table.symbol(other);
        return Arrays.copyOf(weights, n);
      }
      int swap = own;
      own = other;
      other = swap;
    }
  }

  private static Huffman of(byte[] given) {
    int sum = 0;
    for (byte w : given) {
      if (w > MOST_LOG) {
        throw new IllegalArgumentException("a weight of " + w);
      }
      sum += w == 0 ? 0 : 1 << w - 1;
    }
    int log = 32 - Integer.numberOfLeadingZeros(sum);
    int rest = (1 << log) - sum;
    if (sum == 0 || log > MOST_LOG || Integer.bitCount(rest) != 1 || given.length > 255) {
      throw new IllegalArgumentException("weights that make no code");
    }
    byte[] weights = Arrays.copyOf(given, given.length + 1);
    weights[given.length] = (byte) (Integer.numberOfTrailingZeros(rest) + 1);
    byte[] symbols = new byte[1 << log];
    byte[] bits = new byte[1 << log];
    int at = 0;
    for (int w = 1; w <= log; w++) {
      for (int s = 0; s < weights.length; s++) {
        if (weights[s] == w) {
          int end = at + (1 << w - 1);
          Arrays.fill(symbols, at, end, (byte) s);
          Arrays.fill(bits, at, end, (byte) (log + 1 - w));
          at = end;
        }
      }
    }
    return new Huffman(log, symbols, bits);
  }

  /** Unpacks one stream, or four of about equal length behind a table of their sizes. */
  void unpack(byte[] in, int from, int to, boolean four, byte[] out, int n) {
    if (!four) {
      stream(in, from, to, out, 0, n);
      return;
    }
    int each = (n + STREAMS - 1) / STREAMS;
    int at = from + 2 * (STREAMS - 1);
    for (int s = 0; s < STREAMS; s++) {
      int size = (in[from + 2 * s] & 0xFF) | (in[from + 2 * s + 1] & 0xFF) << 8;
      int end = s == STREAMS - 1 ? to : at + size;
      int last = s == STREAMS - 1 ? n : (s + 1) * each;
      if (end > to) {
        throw new IllegalArgumentException("streams that go on behind their block");
      }
      stream(in, at, end, out, s * each, last);
      at = end;
    }
  }

  private void stream(byte[] in, int from, int to, byte[] out, int first, int last) {
    Bits stream = Bits.backwards(in, from, to);
    for (int i = first; i < last; i++) {
      int code = stream.peek(log);
      out[i] = symbols[code];
      stream.skip(bits[code]);
    }
    if (stream.left() != 0 || last < first) {
      throw new IllegalArgumentException("a stream that does not end with its last symbol");
    }
  }
}
