// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.StepArguments.P0;
import static io.jishi.tensor.cpu.asm.StepArguments.P1;
import static io.jishi.tensor.cpu.asm.StepArguments.P2;
import static io.jishi.tensor.cpu.asm.StepArguments.P3;

/** Emits what changes floats one by one: scaling, addition, the optimiser's step. */
final class StepUpdates {
  /** Numbers of {@link #adamW}, in their order, each in a register of its own. */
  static final int ADAM_NUMBERS = 9;

  private static final Gp A = Gp.RAX;
  private static final Gp B = Gp.RDX;
  private static final Gp C = Gp.RCX;
  private static final Gp D = Gp.R9;
  private static final Gp LEFT = Gp.R8;
  private static final Gp ROWS = Gp.RBX;
  private static final Gp AHEAD = Gp.R13;

  /** Rows are asked for 2 to this power before they are written. */
  private static final int AHEAD_SHIFT = 3;

  private static final Gp ROW_A = Gp.R15;
  private static final Gp ROW_B = Gp.R14;

  private StepUpdates() {}

  /** {@code P0 = P0 · number 0}. */
  static byte[] scale(Level level) {
    return Code.make(
        level,
        level.bytes(),
        2,
        code -> {
          code.argument(A, P0);
          StepArguments.number(code, code.v(0), 0);
          StepArguments.units(
              code,
              LEFT,
              (at, part) -> {
                code.asm.op(Op.VMULPS, code.v(1), code.v(0), Mem.at(A, at));
                code.asm.op(Op.VMOVUPS_STORE, code.v(1), Mem.at(A, at));
              },
              A);
        });
  }

  /** {@code P1[r] (+)= P0[r] · P2[r]}, rows {@code STEP0} and {@code STEP1} bytes apart. */
  static byte[] scaleRows(Level level, boolean add) {
    return Code.make(
        level,
        level.bytes(),
        2,
        code -> {
          Assembler asm = code.asm;
          code.argument(ROW_A, P0);
          code.argument(ROW_B, P1);
          code.argument(C, P2);
          code.argument(ROWS, StepArguments.ROWS);
          code.argument(AHEAD, StepArguments.STEP1);
          asm.shl(AHEAD, AHEAD_SHIFT);
          code.loop(
              ROWS,
              () -> {
                asm.mov(A, ROW_A);
                asm.mov(B, ROW_B);
                asm.op(Op.VBROADCASTSS, code.v(0), Mem.at(C));
                StepArguments.units(
                    code,
                    LEFT,
                    (at, part) -> {
                      asm.op(Op.VMULPS, code.v(1), code.v(0), Mem.at(A, at));
                      asm.prefetch(Mem.at(B, AHEAD, 1, at));
                      if (add) {
                        asm.op(Op.VADDPS, code.v(1), code.v(1), Mem.at(B, at));
                      }
                      asm.op(Op.VMOVUPS_STORE, code.v(1), Mem.at(B, at));
                    },
                    A,
                    B);
                asm.add(C, 4);
                asm.add(ROW_A, Mem.at(Gp.RDI, 8 * StepArguments.STEP0));
                asm.add(ROW_B, Mem.at(Gp.RDI, 8 * StepArguments.STEP1));
              });
        });
  }

  /** {@code P1 = P1 + P0}. */
  static byte[] add(Level level) {
    return Code.make(
        level,
        level.bytes(),
        1,
        code -> {
          code.argument(A, P0);
          code.argument(B, P1);
          StepArguments.units(
              code,
              LEFT,
              (at, part) -> {
                code.asm.op(Op.VMOVUPS, code.v(0), Mem.at(B, at));
                code.asm.op(Op.VADDPS, code.v(0), code.v(0), Mem.at(A, at));
                code.asm.op(Op.VMOVUPS_STORE, code.v(0), Mem.at(B, at));
              },
              A,
              B);
        });
  }

  /**
   * {@link io.jishi.tensor.AdamWStep} in one pass: P0 weights, P1 gradients, P2 means, P3 squares.
   * Numbers: gradient scale, β1, 1 − β1, β2, 1 − β2, decay, step size, correction, ε.
   */
  static byte[] adamW(Level level) {
    return Code.make(level, level.bytes(), ADAM_NUMBERS + 4, StepUpdates::adamW);
  }

  private static void adamW(Code code) {
    Assembler asm = code.asm;
    for (int i = 0; i < ADAM_NUMBERS; i++) {
      StepArguments.number(code, code.v(i), i);
    }
    Vec g = code.v(ADAM_NUMBERS);
    Vec m = code.v(ADAM_NUMBERS + 1);
    Vec v = code.v(ADAM_NUMBERS + 2);
    Vec t = code.v(ADAM_NUMBERS + 3);
    code.argument(A, P0);
    code.argument(B, P1);
    code.argument(C, P2);
    code.argument(D, P3);
    StepArguments.units(
        code,
        LEFT,
        (at, part) -> {
          asm.op(Op.VMULPS, g, code.v(0), Mem.at(B, at));
          asm.op(Op.VMULPS, t, g, code.v(2));
          asm.op(Op.VMOVUPS, m, Mem.at(C, at));
          asm.op(Op.VFMADD213PS, m, code.v(1), t);
          asm.op(Op.VMOVUPS_STORE, m, Mem.at(C, at));
          asm.op(Op.VMULPS, t, g, g);
          asm.op(Op.VMULPS, t, t, code.v(4));
          asm.op(Op.VMOVUPS, v, Mem.at(D, at));
          asm.op(Op.VFMADD213PS, v, code.v(3), t);
          asm.op(Op.VMOVUPS_STORE, v, Mem.at(D, at));
          asm.op(Op.VSQRTPS, t, v);
          asm.op(Op.VFMADD213PS, t, code.v(7), code.v(8));
          asm.op(Op.VMULPS, m, m, code.v(6));
          asm.op(Op.VDIVPS, m, m, t);
          asm.op(Op.VMULPS, g, code.v(5), Mem.at(A, at));
          asm.op(Op.VSUBPS, g, g, m);
          asm.op(Op.VMOVUPS_STORE, g, Mem.at(A, at));
        },
        A,
        B,
        C,
        D);
  }
}
