// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.StepArguments.P0;
import static io.jishi.tensor.cpu.asm.StepArguments.P1;
import static io.jishi.tensor.cpu.asm.StepArguments.P2;

/**
 * Emits what makes one number of a row: maximum, sum of exponentials, dot product. Registers 0 and
 * 1 hold 16 lanes of it (with 512 bits, 0 alone); they are folded at the end, so that the order of
 * a sum depends on nothing but the row's length.
 */
final class StepReductions {
  private static final Gp A = Gp.RAX;
  private static final Gp B = Gp.RDX;
  private static final Gp OUT = Gp.RCX;
  private static final Gp LEFT = Gp.R8;
  private static final Gp ROWS = Gp.RBX;
  private static final Gp ROW_A = Gp.R15;
  private static final Gp ROW_B = Gp.R14;

  private StepReductions() {}

  /** {@code P1[0] = max P0}. */
  static byte[] max(Level level) {
    return Code.make(
        level,
        level.bytes(),
        3,
        code -> {
          code.argument(A, P0);
          for (int i = 0; i < 2; i++) {
            code.asm.op(Op.VMOVUPS, code.v(i), StepArguments.all(code, Float.NEGATIVE_INFINITY));
          }
          StepArguments.units(
              code,
              LEFT,
              (at, part) -> code.asm.op(Op.VMAXPS, code.v(part), code.v(part), Mem.at(A, at)),
              A);
          result(code, Op.VMAXPS);
        });
  }

  /** {@code P0 = e^(P0 − number 0)}, {@code P1[0] = Σ P0}; no difference above 0. */
  static byte[] exponentials(Level level) {
    return Code.make(
        level,
        level.bytes(),
        5 + Exponential.REGISTERS,
        code -> {
          Exponential exponential = new Exponential(code, 5);
          Vec max = code.v(2);
          Vec x = code.v(3);
          Vec e = code.v(4);
          code.argument(A, P0);
          StepArguments.number(code, max, 0);
          StepArguments.zero(code, code.v(0), code.v(1));
          StepArguments.units(
              code,
              LEFT,
              (at, part) -> {
                code.asm.op(Op.VMOVUPS, x, Mem.at(A, at));
                code.asm.op(Op.VSUBPS, x, x, max);
                exponential.emit(e, x);
                code.asm.op(Op.VMOVUPS_STORE, e, Mem.at(A, at));
                code.asm.op(Op.VADDPS, code.v(part), code.v(part), e);
              },
              A);
          result(code, Op.VADDPS);
        });
  }

  private static void result(Code code, Op op) {
    StepArguments.fold(code, op, code.v(0), code.v(1), code.v(2));
    code.argument(OUT, P1);
    code.asm.op(Op.VMOVSS_STORE, code.v(0).as(16), Mem.at(OUT));
  }

  /** {@code P2[r] = Σ P0[r] · P1[r]}, rows {@code STEP0} and {@code STEP1} bytes apart. */
  static byte[] dots(Level level) {
    return Code.make(
        level,
        level.bytes(),
        3,
        code -> {
          Assembler asm = code.asm;
          code.argument(ROW_A, P0);
          code.argument(ROW_B, P1);
          code.argument(OUT, P2);
          code.argument(ROWS, StepArguments.ROWS);
          code.loop(
              ROWS,
              () -> {
                asm.mov(A, ROW_A);
                asm.mov(B, ROW_B);
                StepArguments.zero(code, code.v(0), code.v(1));
                StepArguments.units(
                    code,
                    LEFT,
                    (at, part) -> {
                      asm.op(Op.VMOVUPS, code.v(2), Mem.at(A, at));
                      asm.op(Op.VFMADD231PS, code.v(part), code.v(2), Mem.at(B, at));
                    },
                    A,
                    B);
                StepArguments.fold(code, Op.VADDPS, code.v(0), code.v(1), code.v(2));
                asm.op(Op.VMOVSS_STORE, code.v(0).as(16), Mem.at(OUT));
                asm.add(OUT, 4);
                asm.add(ROW_A, Mem.at(Gp.RDI, 8 * StepArguments.STEP0));
                asm.add(ROW_B, Mem.at(Gp.RDI, 8 * StepArguments.STEP1));
              });
        });
  }
}
