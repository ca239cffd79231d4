// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.StepArguments.P0;
import static io.jishi.tensor.cpu.asm.StepArguments.P1;
import static io.jishi.tensor.cpu.asm.StepArguments.P2;
import static io.jishi.tensor.cpu.asm.StepArguments.P3;
import static io.jishi.tensor.cpu.asm.StepArguments.P4;

/** Emits the gradients of RMSNorm and of the gate of a feed-forward layer. */
final class StepGradients {
  private static final Gp X = Gp.RAX;
  private static final Gp DY = Gp.RDX;
  private static final Gp DX = Gp.RCX;
  private static final Gp GAIN = Gp.R9;
  private static final Gp D_GAIN = Gp.R10;
  private static final Gp X_B = Gp.R9;
  private static final Gp DX_B = Gp.R10;
  private static final Gp LEFT = Gp.R8;
  private static final Gp ROWS = Gp.RBX;
  private static final Gp ROW_X = Gp.R15;
  private static final Gp ROW_DY = Gp.R14;
  private static final Gp ROW_DX = Gp.R12;

  private StepGradients() {}

  /**
   * P0 a (b follows {@code STEP1} bytes behind), P1 dy, P2 da (and db likewise); rows of a and da
   * {@code STEP0} bytes apart, those of dy one after another.
   */
  static byte[] siluGate(Level level) {
    return Code.make(level, level.bytes(), 7, StepGradients::siluGate);
  }

  private static void siluGate(Code code) {
    Assembler asm = code.asm;
    code.argument(ROW_X, P0);
    code.argument(DY, P1);
    code.argument(ROW_DX, P2);
    code.argument(ROWS, StepArguments.ROWS);
    code.loop(
        ROWS,
        () -> {
          asm.mov(X, ROW_X);
          asm.mov(DX, ROW_DX);
          asm.mov(X_B, X);
          asm.mov(DX_B, DX);
          asm.add(X_B, Mem.at(Gp.RDI, 8 * StepArguments.STEP1));
          asm.add(DX_B, Mem.at(Gp.RDI, 8 * StepArguments.STEP1));
          StepArguments.units(code, LEFT, (at, part) -> gate(code, at), X, X_B, DY, DX, DX_B);
          asm.add(ROW_X, Mem.at(Gp.RDI, 8 * StepArguments.STEP0));
          asm.add(ROW_DX, Mem.at(Gp.RDI, 8 * StepArguments.STEP0));
        });
  }

  /** Register 1 the logistic function, 0 the gate, 5 the slope; 2–4 the exponential's. */
  private static void gate(Code code, int at) {
    Assembler asm = code.asm;
    Vec a = code.v(0);
    Vec s = code.v(1);
    Vec slope = code.v(5);
    Vec dy = code.v(6);
    asm.op(Op.VMOVUPS, a, Mem.at(X, at));
    asm.op(Op.VPXOR, s, a, code.all(0x80000000));
    AnyExponential.emit(code, s, 2);
    asm.op(Op.VADDPS, s, s, StepArguments.all(code, 1f));
    asm.op(Op.VMOVUPS, slope, StepArguments.all(code, 1f));
    asm.op(Op.VDIVPS, s, slope, s);
    asm.op(Op.VMULPS, a, a, s);
    asm.op(Op.VSUBPS, slope, slope, s);
    asm.op(Op.VFMADD213PS, slope, a, s);
    asm.op(Op.VMOVUPS, dy, Mem.at(DY, at));
    asm.op(Op.VMULPS, a, dy, a);
    asm.op(Op.VMULPS, dy, dy, Mem.at(X_B, at));
    asm.op(Op.VMULPS, dy, dy, slope);
    asm.op(Op.VMOVUPS_STORE, dy, Mem.at(DX, at));
    asm.op(Op.VMOVUPS_STORE, a, Mem.at(DX_B, at));
  }

  /**
   * P0 x, P1 dy, P2 dx, P3 gain, P4 the gain's gradient, which is added to; rows one after another.
   * Numbers: ε, columns. Registers: 0–1 Σ x² and then the factor, 2–3 Σ gain · dy · x and then its
   * share, 4–6 for one vector.
   *
   * @param add whether to add to dx
   */
  static byte[] rmsNorm(Level level, boolean add) {
    return Code.make(level, level.bytes(), 7, code -> rmsNorm(code, add));
  }

  private static void rmsNorm(Code code, boolean add) {
    Assembler asm = code.asm;
    code.argument(ROW_X, P0);
    code.argument(ROW_DY, P1);
    code.argument(DX, P2);
    code.argument(ROWS, StepArguments.ROWS);
    code.loop(
        ROWS,
        () -> {
          asm.mov(X, ROW_X);
          asm.mov(DY, ROW_DY);
          code.argument(GAIN, P3);
          sums(code);
          factors(code);
          asm.mov(X, ROW_X);
          asm.mov(DY, ROW_DY);
          code.argument(GAIN, P3);
          code.argument(D_GAIN, P4);
          StepArguments.units(
              code, LEFT, (at, part) -> normed(code, at, add), X, DY, DX, GAIN, D_GAIN);
          asm.mov(ROW_X, X);
          asm.mov(ROW_DY, DY);
        });
  }

  private static void sums(Code code) {
    Assembler asm = code.asm;
    Vec x = code.v(4);
    Vec t = code.v(5);
    StepArguments.zero(code, code.v(0), code.v(1), code.v(2), code.v(3));
    StepArguments.units(
        code,
        LEFT,
        (at, part) -> {
          asm.op(Op.VMOVUPS, x, Mem.at(X, at));
          asm.op(Op.VFMADD231PS, code.v(part), x, x);
          asm.op(Op.VMOVUPS, t, Mem.at(DY, at));
          asm.op(Op.VMULPS, t, t, Mem.at(GAIN, at));
          asm.op(Op.VFMADD231PS, code.v(2 + part), x, t);
        },
        X,
        DY,
        GAIN);
    StepArguments.fold(code, Op.VADDPS, code.v(0), code.v(1), t);
    StepArguments.fold(code, Op.VADDPS, code.v(2), code.v(3), t);
  }

  private static void factors(Code code) {
    Assembler asm = code.asm;
    Vec factor = code.v(0);
    Vec share = code.v(2);
    Vec t = code.v(5);
    Vec n = code.v(4);
    asm.op(Op.VBROADCASTSS, factor, factor.as(16));
    asm.op(Op.VBROADCASTSS, share, share.as(16));
    StepArguments.number(code, n, 1);
    StepArguments.number(code, t, 0);
    asm.op(Op.VDIVPS, factor, factor, n);
    asm.op(Op.VADDPS, factor, factor, t);
    asm.op(Op.VSQRTPS, factor, factor);
    asm.op(Op.VMOVUPS, t, StepArguments.all(code, 1f));
    asm.op(Op.VDIVPS, factor, t, factor);
    asm.op(Op.VMULPS, share, share, factor);
    asm.op(Op.VMULPS, share, share, factor);
    asm.op(Op.VDIVPS, share, share, n);
  }

  private static void normed(Code code, int at, boolean add) {
    Assembler asm = code.asm;
    Vec factor = code.v(0);
    Vec share = code.v(2);
    Vec x = code.v(4);
    Vec t = code.v(5);
    Vec sum = code.v(6);
    asm.op(Op.VMOVUPS, x, Mem.at(X, at));
    asm.op(Op.VMULPS, t, x, Mem.at(DY, at));
    asm.op(Op.VMOVUPS, sum, Mem.at(D_GAIN, at));
    asm.op(Op.VFMADD231PS, sum, t, factor);
    asm.op(Op.VMOVUPS_STORE, sum, Mem.at(D_GAIN, at));
    asm.op(Op.VMOVUPS, t, Mem.at(DY, at));
    asm.op(Op.VMULPS, t, t, Mem.at(GAIN, at));
    asm.op(Op.VMULPS, x, x, share);
    asm.op(Op.VSUBPS, t, t, x);
    asm.op(Op.VMULPS, t, t, factor);
    if (add) {
      asm.op(Op.VADDPS, t, t, Mem.at(DX, at));
    }
    asm.op(Op.VMOVUPS_STORE, t, Mem.at(DX, at));
  }
}
