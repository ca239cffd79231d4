// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * A vector register.
 *
 * @param number 0–15, with EVEX 0–31
 * @param bytes 16, 32 or 64: xmm, ymm, zmm
 */
record Vec(int number, int bytes) implements Operand {
  static Vec xmm(int number) {
    return new Vec(number, 16);
  }

  static Vec ymm(int number) {
    return new Vec(number, 32);
  }

  static Vec zmm(int number) {
    return new Vec(number, 64);
  }

  /** The lower part of the same register. */
  Vec as(int width) {
    return new Vec(number, width);
  }
}
