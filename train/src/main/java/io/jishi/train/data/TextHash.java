// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

/** Hashes of texts: the same on every machine and in every release, for they decide splits. */
final class TextHash {
  private TextHash() {}

  /** 128 bits of a text's UTF-16 units. */
  static long[] of(CharSequence text) {
    long a = text.length();
    long b = ~a;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      a = (a ^ c) * 0x9E3779B97F4A7C15L;
      a ^= a >>> 29;
      b = (b + c) * 0xC2B2AE3D27D4EB4FL;
      b ^= b >>> 31;
    }
    return new long[] {Permutation.mix(a), Permutation.mix(b ^ a)};
  }
}
