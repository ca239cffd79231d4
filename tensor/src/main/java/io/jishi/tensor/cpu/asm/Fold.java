// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/** Emits what goes across the lanes of a vector. */
final class Fold {
  private Fold() {}

  /** Folds the upper half of the floats onto the lower one until one is left, in lane 0. */
  static void lanes(Assembler asm, Op op, Vec in, Vec spare) {
    if (in.bytes() == 64) {
      asm.op(Op.VEXTRACTF64X4, in, spare.as(32), 1);
      asm.op(op, in.as(32), in.as(32), spare.as(32));
    }
    Vec low = in.as(16);
    Vec t = spare.as(16);
    if (in.bytes() > 16) {
      asm.op(Op.VEXTRACTF128, in.as(32), t, 1);
      asm.op(op, low, low, t);
    }
    asm.op(Op.VPSHUFD, t, low, 0x4E);
    asm.op(op, low, low, t);
    asm.op(Op.VPSHUFD, t, low, 0xB1);
    asm.op(op, low, low, t);
  }
}
