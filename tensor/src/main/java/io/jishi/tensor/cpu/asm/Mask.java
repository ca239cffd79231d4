// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * A mask of lanes in use by one instruction (EVEX).
 *
 * @param number 1–7
 * @param zeroing whether lanes outside become zero; else they keep their value
 */
record Mask(int number, boolean zeroing) {
  /** No mask. */
  static final Mask NONE = new Mask(0, false);

  static Mask keep(int number) {
    return new Mask(number, false);
  }

  static Mask zero(int number) {
    return new Mask(number, true);
  }
}
