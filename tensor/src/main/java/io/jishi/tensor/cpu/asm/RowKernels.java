// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.AnyExponential.bits;

/**
 * Emits what works on rows of floats, whose length is a multiple of 16: RMSNorm and addition;
 * {@link RowMaps} has the rest.
 *
 * <p>Arguments: {@link #A}, {@link #B}, {@link #OUT}, {@link #COUNT} of 16 floats in a row (at
 * least one), {@link #ROWS} (at least one), {@link #A_STEP} in bytes from row to row.
 */
final class RowKernels {
  static final int A = 0;
  static final int B = 1;
  static final int OUT = 2;
  static final int COUNT = 3;
  static final int ROWS = 4;
  static final int A_STEP = 5;

  /** ε (4 bytes), then the number of columns, as floats. */
  static final int NUMBERS = 6;

  static final int ARGUMENTS = 7;

  private static final Gp A_AT = Gp.RAX;
  private static final Gp B_AT = Gp.RDX;
  private static final Gp OUT_AT = Gp.RCX;
  private static final Gp LEFT = Gp.R8;
  private static final Gp ROW = Gp.R15;
  private static final Gp ROWS_LEFT = Gp.RBX;

  private RowKernels() {}

  /** {@code out = a + b}, all rows as one. */
  static byte[] add(Level level) {
    return Code.make(
        level,
        level.bytes(),
        1,
        code -> {
          code.argument(A_AT, A);
          code.argument(B_AT, B);
          code.argument(OUT_AT, OUT);
          code.argument(LEFT, COUNT);
          code.loop(
              LEFT,
              () -> {
                for (int at = 0; at < 64; at += code.bytes) {
                  code.asm.op(Op.VMOVUPS, code.v(0), Mem.at(A_AT, at));
                  code.asm.op(Op.VADDPS, code.v(0), code.v(0), Mem.at(B_AT, at));
                  code.asm.op(Op.VMOVUPS_STORE, code.v(0), Mem.at(OUT_AT, at));
                }
                code.asm.add(A_AT, 64);
                code.asm.add(B_AT, 64);
                code.asm.add(OUT_AT, 64);
              });
        });
  }

  /**
   * {@code out = a / √(mean(a²) + ε) · b}, b being the same for all rows. Sums: 16 lanes side by
   * side, then a tree of halves, so their order depends on nothing but the row.
   */
  static byte[] rmsNorm(Level level) {
    return Code.make(level, level.bytes(), 6, RowKernels::rmsNorm);
  }

  private static void rmsNorm(Code code) {
    Assembler asm = code.asm;
    code.argument(ROW, A);
    code.argument(OUT_AT, OUT);
    code.argument(ROWS_LEFT, ROWS);
    code.loop(
        ROWS_LEFT,
        () -> {
          asm.mov(A_AT, ROW);
          code.argument(LEFT, COUNT);
          squares(code);
          asm.mov(A_AT, ROW);
          code.argument(B_AT, B);
          code.argument(LEFT, COUNT);
          code.loop(LEFT, () -> scaled(code));
          asm.add(ROW, Mem.at(Gp.RDI, 8 * A_STEP));
        });
  }

  /** Leaves the row's factor in all lanes of register 0. */
  private static void squares(Code code) {
    Assembler asm = code.asm;
    Vec low = code.v(0);
    Vec high = code.v(1);
    Vec t = code.v(2);
    asm.op(Op.VPXOR, low, low, low);
    asm.op(Op.VPXOR, high, high, high);
    code.loop(
        LEFT,
        () -> {
          for (int at = 0; at < 64; at += code.bytes) {
            Vec sum = at == 0 ? low : high;
            asm.op(Op.VMOVUPS, t, Mem.at(A_AT, at));
            asm.op(Op.VFMADD231PS, sum, t, t);
          }
          asm.add(A_AT, 64);
        });
    if (code.wide()) {
      asm.op(Op.VEXTRACTF64X4, low, high.as(32), 1);
    }
    asm.op(Op.VADDPS, low.as(32), low.as(32), high.as(32));
    asm.op(Op.VEXTRACTF128, low.as(32), t.as(16), 1);
    Vec sum = low.as(16);
    asm.op(Op.VADDPS, sum, sum, t.as(16));
    asm.op(Op.VPSHUFD, t.as(16), sum, 0x4E);
    asm.op(Op.VADDPS, sum, sum, t.as(16));
    asm.op(Op.VPSHUFD, t.as(16), sum, 0xB1);
    asm.op(Op.VADDPS, sum, sum, t.as(16));
    asm.op(Op.VBROADCASTSS, t.as(16), Mem.at(Gp.RDI, 8 * NUMBERS + 4));
    asm.op(Op.VDIVPS, sum, sum, t.as(16));
    asm.op(Op.VBROADCASTSS, t.as(16), Mem.at(Gp.RDI, 8 * NUMBERS));
    asm.op(Op.VADDPS, sum, sum, t.as(16));
    asm.op(Op.VSQRTPS, sum, sum);
    asm.op(Op.VMOVUPS, t, code.all(bits(1f)));
    asm.op(Op.VDIVPS, sum, t.as(16), sum);
    asm.op(Op.VBROADCASTSS, low, sum);
  }

  private static void scaled(Code code) {
    Assembler asm = code.asm;
    for (int at = 0; at < 64; at += code.bytes) {
      asm.op(Op.VMULPS, code.v(3), code.v(0), Mem.at(A_AT, at));
      asm.op(Op.VMULPS, code.v(3), code.v(3), Mem.at(B_AT, at));
      asm.op(Op.VMOVUPS_STORE, code.v(3), Mem.at(OUT_AT, at));
    }
    asm.add(A_AT, 64);
    asm.add(B_AT, 64);
    asm.add(OUT_AT, 64);
  }
}
