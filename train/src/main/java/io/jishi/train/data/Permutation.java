// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

/**
 * A seeded order of {@code 0 … size - 1} in constant memory: a Feistel network of four rounds over
 * the next even number of bits, walked along its cycles until it lands inside (Black and Rogaway
 * 2002, "Ciphers with arbitrary finite domains").
 */
final class Permutation {
  private static final int ROUNDS = 4;

  private final long size;
  private final long key;
  private final int halfBits;
  private final long mask;

  /** An order of that many things, the same for the same key. */
  Permutation(long size, long key) {
    this.size = size;
    this.key = key;
    int bits = 64 - Long.numberOfLeadingZeros(Math.max(1, size - 1));
    this.halfBits = Math.max(1, (bits + 1) / 2);
    this.mask = (1L << halfBits) - 1;
  }

  /** The thing at a place. */
  long at(long place) {
    long value = place;
    do { // at most 4 steps on average: the domain is below four times the size
      value = round(value);
    } while (Long.compareUnsigned(value, size) >= 0);
    return value;
  }

  private long round(long value) {
    long left = value >>> halfBits;
    long right = value & mask;
    for (int r = 0; r < ROUNDS; r++) {
      long next = left ^ (mix(right + mix(key + r)) & mask);
      left = right;
      right = next;
    }
    return left << halfBits | right;
  }

  /** The finaliser of SplitMix64 (Steele, Lea and Flood 2014) on the next state. */
  static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }
}
