// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.StepArguments.P0;
import static io.jishi.tensor.cpu.asm.StepArguments.P1;
import static io.jishi.tensor.cpu.asm.StepArguments.P2;
import static io.jishi.tensor.cpu.asm.StepArguments.P3;

/**
 * Emits the turning of rotary pairs of rows in place, by tables as {@link
 * io.jishi.tensor.RotaryTable} has them: P0 rows {@code STEP0} bytes apart, P1 cosines and P2
 * sines, a row of each behind the other, number 0 what sines are multiplied by. Products and sums
 * are rounded one by one, as plain Java does.
 */
final class StepTurns {
  private static final Gp A = Gp.RAX;
  private static final Gp B = Gp.RDX;
  private static final Gp COS = Gp.RCX;
  private static final Gp SIN = Gp.R9;
  private static final Gp LEFT = Gp.R8;
  private static final Gp ROWS = Gp.RBX;
  private static final Gp ROW_A = Gp.R15;
  private static final Gp ROW_B = Gp.R14;

  /** {@code vpshufd} of neighbours. */
  private static final int SWAPPED = 0xB1;

  private StepTurns() {}

  /** P3: where the second halves of the rows of P0 are. */
  static byte[] halves(Level level) {
    return Code.make(
        level,
        level.bytes(),
        6,
        code -> {
          code.argument(ROW_B, P3);
          rows(
              code,
              () -> {
                code.asm.mov(B, ROW_B);
                StepArguments.units(code, LEFT, (at, part) -> halves(code, at), A, B, COS, SIN);
                code.asm.add(ROW_B, Mem.at(Gp.RDI, 8 * StepArguments.STEP0));
              });
        });
  }

  private static void halves(Code code, int at) {
    Assembler asm = code.asm;
    Vec a = code.v(1);
    Vec b = code.v(2);
    Vec sin = code.v(3);
    Vec cos = code.v(4);
    Vec t = code.v(5);
    asm.op(Op.VMOVUPS, a, Mem.at(A, at));
    asm.op(Op.VMOVUPS, b, Mem.at(B, at));
    asm.op(Op.VMULPS, sin, code.v(0), Mem.at(SIN, at));
    asm.op(Op.VMOVUPS, cos, Mem.at(COS, at));
    asm.op(Op.VMULPS, t, b, sin);
    asm.op(Op.VMULPS, sin, a, sin);
    asm.op(Op.VMULPS, a, a, cos);
    asm.op(Op.VMULPS, b, b, cos);
    asm.op(Op.VSUBPS, a, a, t);
    asm.op(Op.VADDPS, b, b, sin);
    asm.op(Op.VMOVUPS_STORE, a, Mem.at(A, at));
    asm.op(Op.VMOVUPS_STORE, b, Mem.at(B, at));
  }

  static byte[] pairs(Level level) {
    return Code.make(
        level,
        level.bytes(),
        4,
        code ->
            rows(
                code,
                () -> StepArguments.units(code, LEFT, (at, part) -> pairs(code, at), A, COS, SIN)));
  }

  private static void pairs(Code code, int at) {
    Assembler asm = code.asm;
    Vec x = code.v(1);
    Vec other = code.v(2);
    Vec sin = code.v(3);
    asm.op(Op.VMOVUPS, x, Mem.at(A, at));
    asm.op(Op.VPSHUFD, other, x, SWAPPED);
    asm.op(Op.VMULPS, sin, code.v(0), Mem.at(SIN, at));
    asm.op(Op.VMULPS, other, other, sin);
    asm.op(Op.VMULPS, x, x, Mem.at(COS, at));
    asm.op(Op.VADDPS, x, x, other);
    asm.op(Op.VMOVUPS_STORE, x, Mem.at(A, at));
  }

  private static void rows(Code code, Runnable row) {
    code.argument(ROW_A, P0);
    code.argument(COS, P1);
    code.argument(SIN, P2);
    code.argument(ROWS, StepArguments.ROWS);
    StepArguments.number(code, code.v(0), 0);
    code.loop(
        ROWS,
        () -> {
          code.asm.mov(A, ROW_A);
          row.run();
          code.asm.add(ROW_A, Mem.at(Gp.RDI, 8 * StepArguments.STEP0));
        });
  }
}
