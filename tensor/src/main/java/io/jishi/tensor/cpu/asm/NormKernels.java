// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.AnyExponential.bits;

/**
 * Emits norms of rows, or of equal parts of them that lie a step apart; lengths are multiples of
 * 16. Sums: 16 lanes side by side, then a tree of halves, so their order depends on nothing but the
 * row.
 *
 * <p>Arguments: those of {@link RowKernels}, {@link #BIAS}, and {@code A_STEP} for the input and
 * {@link #OUT_STEP} for the result.
 */
final class NormKernels {
  static final int BIAS = RowKernels.ARGUMENTS;
  static final int OUT_STEP = BIAS + 1;
  static final int ARGUMENTS = OUT_STEP + 1;

  private static final Gp IN = Gp.RAX;
  private static final Gp GAIN = Gp.RDX;
  private static final Gp OUT = Gp.RCX;
  private static final Gp SHIFT = Gp.R9;
  private static final Gp LEFT = Gp.R8;
  private static final Gp ROW = Gp.R15;
  private static final Gp OUT_ROW = Gp.R14;
  private static final Gp ROWS_LEFT = Gp.RBX;

  private static final int FACTOR = 0;
  private static final int MEAN = 1;
  private static final int LOW = 2;
  private static final int HIGH = 3;
  private static final int T = 4;

  private NormKernels() {}

  /**
   * {@code out = (a − m) / √(mean((a − m)²) + ε) · gain + bias}, m the mean where {@code centred},
   * else 0.
   */
  static byte[] norm(Level level, boolean centred, boolean bias) {
    return rows(
        level,
        code -> {
          if (centred) {
            mean(code);
          }
          squares(code, centred);
          Vec sum = code.v(FACTOR).as(16);
          Vec t = code.v(T);
          number(code, t.as(16), 1);
          code.asm.op(Op.VDIVPS, sum, sum, t.as(16));
          root(code);
          code.asm.mov(IN, ROW);
          code.argument(GAIN, RowKernels.B);
          if (bias) {
            code.argument(SHIFT, BIAS);
          }
          each(code, at -> scaled(code, at, centred, bias), IN, GAIN, SHIFT, OUT);
        });
  }

  /** {@code out = a · (1 / √(Σ a² + ε) · number)}. */
  static byte[] unit(Level level) {
    return rows(
        level,
        code -> {
          squares(code, false);
          root(code);
          number(code, code.v(T), 1);
          code.asm.op(Op.VMULPS, code.v(FACTOR), code.v(FACTOR), code.v(T));
          code.asm.mov(IN, ROW);
          each(
              code,
              at -> {
                code.asm.op(Op.VMULPS, code.v(T), code.v(FACTOR), Mem.at(IN, at));
                code.asm.op(Op.VMOVUPS_STORE, code.v(T), Mem.at(OUT, at));
              },
              IN,
              OUT);
        });
  }

  private static byte[] rows(Level level, java.util.function.Consumer<Code> row) {
    return Code.make(
        level,
        level.bytes(),
        5,
        code -> {
          code.argument(ROW, RowKernels.A);
          code.argument(OUT_ROW, RowKernels.OUT);
          code.argument(ROWS_LEFT, RowKernels.ROWS);
          code.loop(
              ROWS_LEFT,
              () -> {
                code.asm.mov(IN, ROW);
                code.asm.mov(OUT, OUT_ROW);
                row.accept(code);
                code.asm.add(ROW, Mem.at(Gp.RDI, 8 * RowKernels.A_STEP));
                code.asm.add(OUT_ROW, Mem.at(Gp.RDI, 8 * OUT_STEP));
              });
        });
  }

  private static void mean(Code code) {
    Assembler asm = code.asm;
    StepArguments.zero(code, code.v(LOW), code.v(HIGH));
    each(
        code,
        at -> {
          Vec sum = code.v(at == 0 ? LOW : HIGH);
          asm.op(Op.VADDPS, sum, sum, Mem.at(IN, at));
        },
        IN);
    fold(code);
    number(code, code.v(T).as(16), 1);
    asm.op(Op.VDIVPS, code.v(LOW).as(16), code.v(LOW).as(16), code.v(T).as(16));
    asm.op(Op.VBROADCASTSS, code.v(MEAN), code.v(LOW).as(16));
    asm.mov(IN, ROW);
  }

  /** Leaves the sum in lane 0 of the factor. */
  private static void squares(Code code, boolean centred) {
    Assembler asm = code.asm;
    Vec t = code.v(T);
    StepArguments.zero(code, code.v(LOW), code.v(HIGH));
    each(
        code,
        at -> {
          Vec sum = code.v(at == 0 ? LOW : HIGH);
          asm.op(Op.VMOVUPS, t, Mem.at(IN, at));
          if (centred) {
            asm.op(Op.VSUBPS, t, t, code.v(MEAN));
          }
          asm.op(Op.VFMADD231PS, sum, t, t);
        },
        IN);
    fold(code);
    asm.op(Op.VMOVUPS, code.v(FACTOR), code.v(LOW));
  }

  private static void fold(Code code) {
    StepArguments.fold(code, Op.VADDPS, code.v(LOW), code.v(HIGH), code.v(T));
  }

  /** From lane 0 of the factor {@code 1 / √(· + ε)} to all of its lanes. */
  private static void root(Code code) {
    Assembler asm = code.asm;
    Vec sum = code.v(FACTOR).as(16);
    Vec t = code.v(T);
    number(code, t.as(16), 0);
    asm.op(Op.VADDPS, sum, sum, t.as(16));
    asm.op(Op.VSQRTPS, sum, sum);
    asm.op(Op.VMOVUPS, t, code.all(bits(1f)));
    asm.op(Op.VDIVPS, sum, t.as(16), sum);
    asm.op(Op.VBROADCASTSS, code.v(FACTOR), sum);
  }

  private static void scaled(Code code, int at, boolean centred, boolean bias) {
    Assembler asm = code.asm;
    Vec t = code.v(T);
    if (centred) {
      asm.op(Op.VMOVUPS, t, Mem.at(IN, at));
      asm.op(Op.VSUBPS, t, t, code.v(MEAN));
      asm.op(Op.VMULPS, t, t, code.v(FACTOR));
    } else {
      asm.op(Op.VMULPS, t, code.v(FACTOR), Mem.at(IN, at));
    }
    asm.op(Op.VMULPS, t, t, Mem.at(GAIN, at));
    if (bias) {
      asm.op(Op.VADDPS, t, t, Mem.at(SHIFT, at));
    }
    asm.op(Op.VMOVUPS_STORE, t, Mem.at(OUT, at));
  }

  private static void each(Code code, java.util.function.IntConsumer body, Gp... pointers) {
    code.argument(LEFT, RowKernels.COUNT);
    code.loop(
        LEFT,
        () -> {
          for (int at = 0; at < 64; at += code.bytes) {
            body.accept(at);
          }
          for (Gp pointer : pointers) {
            code.asm.add(pointer, 64);
          }
        });
  }

  private static void number(Code code, Vec to, int index) {
    code.asm.op(Op.VBROADCASTSS, to, Mem.at(Gp.RDI, 8 * RowKernels.NUMBERS + 4 * index));
  }
}
