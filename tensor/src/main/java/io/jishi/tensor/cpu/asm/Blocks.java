// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * Emits the decoding of weights of 16 rows across the lanes, 32 values (a group) at a time, as
 * eight <em>quads</em>: quad j holds values 4j … 4j + 3 of each row as four unsigned bytes. {@code
 * w = scale · (value − bias) + min}, where the bias is {@link #BIAS} or, for formats with minima,
 * zero.
 *
 * <p>Code reads the current block at {@code rax}. Vectors of 256 bits hold one half of the rows.
 */
abstract class Blocks {
  /** Common to all formats without minima, so that activations carry one correction. */
  static final int BIAS = 128;

  /** Vector registers that decoding takes, from the first that it is given. */
  static final int REGISTERS = 5;

  /** Groups of 32 values in a block. */
  abstract int groups();

  /** Scales in a group: 1, or 2 for values 0–15 and 16–31. */
  abstract int parts();

  /** Whether there are minima, one for each scale. */
  abstract boolean hasMin();

  /** Bytes of a block of 16 rows. */
  abstract int bytes();

  /** Whether lines of blocks to come have to be asked for ({@link Code#fetch}). */
  abstract boolean fetches(int tokens);

  /** Emits what all groups of a block share. */
  abstract void begin();

  /** Emits quad {@code j} of group {@code g}; the register is free until the next call. */
  abstract Vec quad(int g, int j);

  /** Emits a scale; the register is free until the next call. */
  abstract Vec scale(int g, int part);

  /** Emits a minimum; the register is free until the next call. */
  abstract Vec min(int g, int part);

  /** The current block. */
  static final Gp AT = Gp.RAX;
}
