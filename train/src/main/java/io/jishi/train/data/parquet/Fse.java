// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data.parquet;

/**
 * A table of finite state entropy (RFC 8878, 4.1): each state gives a symbol, and how many bits
 * choose the next one from where on.
 *
 * @param log of the number of states
 */
record Fse(int log, byte[] symbols, byte[] bits, int[] bases) {
  private static final int LEAST_LOG = 5;
  private static final int MOST_SYMBOLS = 256;

  /** A table and where what follows it begins. */
  record Read(Fse table, int end) {}

  /** One symbol for ever. */
  static Fse single(int symbol) {
    return new Fse(0, new byte[] {(byte) symbol}, new byte[1], new int[1]);
  }

  /** Reads counts and makes their table. */
  static Read read(byte[] in, int from, int to, int mostLog) {
    Bits bits = Bits.forwards(in, from, to);
    int log = bits.next(4) + LEAST_LOG;
    if (log > mostLog) {
      throw new IllegalArgumentException("a table of 2^" + log + " states");
    }
    int[] counts = new int[MOST_SYMBOLS];
    int symbols = 0;
    int left = 1 << log;
    while (left > 0) {
      int count = count(bits, left);
      left -= Math.abs(count);
      counts[symbols++] = count;
      for (int zeros = count == 0 ? 3 : 0; zeros == 3; ) {
        zeros = bits.next(2);
        symbols += zeros;
      }
      bits.aligned(); // within the block
    }
    return new Read(of(java.util.Arrays.copyOf(counts, symbols), log), bits.aligned());
  }

  /** A count of −1 … left in as few bits as its range allows. */
  private static int count(Bits bits, int left) {
    int n = 32 - Integer.numberOfLeadingZeros(left + 1);
    int low = (1 << n - 1) - 1;
    int spare = (1 << n) - 1 - (left + 1);
    int value = bits.next(n - 1);
    if (value < spare) {
      return value - 1;
    }
    value |= bits.next(1) << n - 1;
    return (value > low ? value - spare : value) - 1;
  }

  /**
   * The table of counts.
   *
   * @param counts by symbol; −1 is less than one
   */
  static Fse of(int[] counts, int log) {
    int size = 1 << log;
    byte[] symbols = new byte[size];
    int[] next = new int[counts.length];
    int high = size;
    for (int s = 0; s < counts.length; s++) {
      next[s] = Math.abs(counts[s]);
      if (counts[s] < 0) {
        symbols[--high] = (byte) s;
      }
    }
    int step = (size >> 1) + (size >> 3) + 3;
    int at = 0;
    for (int s = 0; s < counts.length; s++) {
      for (int i = 0; i < counts[s]; i++) {
        symbols[at] = (byte) s;
        do {
          at = at + step & size - 1;
        } while (at >= high);
      }
    }
    byte[] bits = new byte[size];
    int[] bases = new int[size];
    for (int i = 0; i < size; i++) {
      int state = next[symbols[i] & 0xFF]++;
      int n = log - (31 - Integer.numberOfLeadingZeros(state));
      bits[i] = (byte) n;
      bases[i] = (state << n) - size;
    }
    return new Fse(log, symbols, bits, bases);
  }

  int symbol(int state) {
    return symbols[state] & 0xFF;
  }

  int next(int state, Bits stream) {
    return bases[state] + stream.back(bits[state]);
  }
}
