// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * How activations lie before a product: tiles of tokens, in a tile group after group of columns, in
 * a group one line of 64 bytes a token. So a kernel for T tokens reads one stream, at offsets that
 * are known when it is made. A line holds 16 floats, or 32 BF16 numbers, or 32 bytes with what
 * belongs to them:
 */
final class Lines {
  /** Bytes of a line. */
  static final int BYTES = 64;

  /** FP32: the scale of the 32 bytes, {@code max|x| / 127}. */
  static final int SCALE = 32;

  /** FP32: scale · the sum of the 32 bytes. */
  static final int SUM = 36;

  /** FP32, twice: scale · the sum of bytes 0–15, and of 16–31. */
  static final int SUM_OF_HALF = 40;

  /** INT32: −{@link Blocks#BIAS} · the sum of the 32 bytes. */
  static final int BIAS = 48;

  /** INT32, twice: the same of bytes 0–15, and of 16–31. */
  static final int BIAS_OF_HALF = 52;

  private Lines() {}

  /** Bytes of {@code tokens} tokens of {@code columns} columns, {@code perLine} columns a line. */
  static long bytes(int tokens, int columns, int perLine) {
    return (long) tokens * ((columns + perLine - 1) / perLine) * BYTES;
  }
}
