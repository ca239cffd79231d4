// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * A place in memory: {@code base + index · scale + disp}.
 *
 * @param index a register, or null
 * @param lanes the vector of indices of a gather, or null
 * @param scale 1, 2, 4 or 8
 * @param broadcast whether one 32-bit element goes to all lanes (EVEX)
 */
record Mem(Gp base, Gp index, Vec lanes, int scale, int disp, boolean broadcast)
    implements Operand {

  static Mem at(Gp base) {
    return at(base, 0);
  }

  static Mem at(Gp base, int disp) {
    return new Mem(base, null, null, 1, disp, false);
  }

  static Mem at(Gp base, Gp index, int scale, int disp) {
    return new Mem(base, index, null, scale, disp, false);
  }

  static Mem gather(Gp base, Vec lanes, int scale, int disp) {
    return new Mem(base, null, lanes, scale, disp, false);
  }

  /** One 32-bit element, for all lanes. */
  Mem toAll() {
    return new Mem(base, index, lanes, scale, disp, true);
  }

  /** The same place, {@code bytes} further. */
  Mem plus(int bytes) {
    return new Mem(base, index, lanes, scale, disp + bytes, broadcast);
  }
}
