// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * Emits the decoding of weights of 16 rows across the lanes, 32 values (a group) at a time, as
 * eight <em>quads</em>: quad j holds values 4j … 4j + 3 of each row as four unsigned bytes. {@code
 * w = scale · (value − zero) + min}, where {@link #zero} is {@link #BIAS}, for formats with minima
 * 0, and without {@code vpdpbusd} what the format itself adds, where that is a small power of two.
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

  /** The byte of a quad that means 0. */
  abstract int zero();

  /**
   * What activations are multiplied by at most where there is no {@code vpdpbusd}: the bytes
   * themselves, or, where {@link #zero} is {@link #BIAS}, their distances from it.
   */
  abstract int most();

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
