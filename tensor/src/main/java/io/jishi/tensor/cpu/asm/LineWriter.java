// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * Emits what turns one token's floats into {@link Lines}.
 *
 * <p>Arguments: the floats, the first line, the number of lines (at least one), the bytes from one
 * line to the next.
 */
final class LineWriter {
  /** Arguments of the kernels. */
  static final int ARGUMENTS = 4;

  private static final Gp X = Gp.RAX;
  private static final Gp OUT = Gp.RCX;
  private static final Gp COUNT = Gp.R8;
  private static final Gp STRIDE = Gp.R9;

  private static final int LESS = 0x11;
  private static final int NOT_LESS = 0x15;
  private static final int GREATER_OR_EQUAL = 0x1D;
  private static final int INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

  private LineWriter() {}

  /** 16 floats a line, as they are. */
  static byte[] floats(Level level) {
    return Code.make(
        level,
        level.bytes(),
        2,
        code ->
            loop(
                code,
                () -> {
                  for (int at = 0; at < 64; at += code.bytes) {
                    code.asm.op(Op.VMOVUPS, code.v(0), Mem.at(X, at));
                    code.asm.op(Op.VMOVUPS_STORE, code.v(0), Mem.at(OUT, at));
                  }
                  code.asm.add(X, 64);
                }));
  }

  /** 32 BF16 numbers a line, rounded to nearest even. */
  static byte[] bfloats(Level level) {
    return Code.make(
        level,
        64,
        2,
        code ->
            loop(
                code,
                () -> {
                  code.asm.op(Op.VMOVUPS, code.v(0), Mem.at(X, 64));
                  code.asm.op(Op.VCVTNE2PS2BF16, code.v(0), code.v(0), Mem.at(X));
                  code.asm.op(Op.VMOVUPS_STORE, code.v(0), Mem.at(OUT));
                  code.asm.add(X, 128);
                }));
  }

  /**
   * 32 bytes a line with their scale and sums, to the bit as {@code cpu.scalar} rounds them. The
   * largest magnitude is taken as an integer: bits of NaN are above those of infinity, and so a NaN
   * is never lost.
   */
  static byte[] bytes(Level level) {
    return Code.make(level, 32, 10, code -> loop(code, () -> quantize(code)));
  }

  private static void loop(Code code, Runnable body) {
    code.argument(X, 0);
    code.argument(OUT, 1);
    code.argument(COUNT, 2);
    code.argument(STRIDE, 3);
    code.loop(
        COUNT,
        () -> {
          body.run();
          code.asm.add(OUT, STRIDE);
        });
  }

  private static void quantize(Code code) {
    Assembler asm = code.asm;
    Vec max = code.v(4);
    Vec t = code.v(5);
    for (int i = 0; i < 4; i++) {
      asm.op(Op.VMOVUPS, code.v(i), Mem.at(X, 32 * i));
      asm.op(Op.VPAND, i == 0 ? max : t, code.v(i), code.all(0x7FFFFFFF));
      if (i > 0) {
        asm.op(Op.VPMAXSD, max, max, t);
      }
    }
    reduceMax(asm, max, t);
    scale(code, max, t);
    for (int i = 0; i < 4; i++) {
      asm.op(Op.VMULPS, code.v(i), code.v(i), code.v(6));
      asm.op(Op.VCVTPS2DQ, code.v(i), code.v(i));
    }
    asm.op(Op.VPACKSSDW, code.v(0), code.v(0), code.v(1));
    asm.op(Op.VPACKSSDW, code.v(2), code.v(2), code.v(3));
    asm.op(Op.VPACKSSWB, code.v(0), code.v(0), code.v(2));
    asm.op(Op.VMOVUPS, code.v(1), code.constant(0, 4, 1, 5, 2, 6, 3, 7));
    asm.op(Op.VPERMD, code.v(0), code.v(1), code.v(0));
    asm.op(Op.VMOVUPS_STORE, code.v(0), Mem.at(OUT));
    sums(code);
    asm.add(X, 128);
  }

  private static void reduceMax(Assembler asm, Vec max, Vec t) {
    asm.op(Op.VEXTRACTF128, max, t.as(16), 1);
    asm.op(Op.VPMAXSD, max.as(16), max.as(16), t.as(16));
    asm.op(Op.VPSHUFD, t.as(16), max.as(16), 0x4E);
    asm.op(Op.VPMAXSD, max.as(16), max.as(16), t.as(16));
    asm.op(Op.VPSHUFD, t.as(16), max.as(16), 0xB1);
    asm.op(Op.VPMAXSD, max.as(16), max.as(16), t.as(16));
    asm.op(Op.VBROADCASTSS, max, max.as(16));
  }

  /** Leaves the scale in register 7 and its inverse, or zero, in register 6. */
  private static void scale(Code code, Vec max, Vec t) {
    Assembler asm = code.asm;
    Vec inverse = code.v(6);
    Vec scale = code.v(7);
    asm.op(Op.VMOVUPS, t, code.all(Float.floatToRawIntBits(127f)));
    asm.op(Op.VDIVPS, scale, max, t);
    asm.op(Op.VMOVUPS, inverse, code.all(Float.floatToRawIntBits(1f)));
    asm.op(Op.VDIVPS, inverse, inverse, scale);
    Operand normal = code.all(Float.floatToRawIntBits(Float.MIN_NORMAL));
    asm.op(Op.VCMPPS, t, scale, normal, GREATER_OR_EQUAL);
    asm.op(Op.VPAND, inverse, inverse, t);
    asm.op(Op.VCMPPS, t, scale, code.all(INFINITY), LESS);
    asm.op(Op.VPAND, inverse, inverse, t);
    asm.op(Op.VCMPPS, t, scale, code.all(INFINITY), NOT_LESS);
    asm.op(Op.VPOR, scale, scale, t); // infinity becomes a NaN too
    asm.op(Op.VMOVSS_STORE, scale.as(16), Mem.at(OUT, Lines.SCALE));
  }

  /** Sums of the bytes in register 0, halves of which are the halves of the register. */
  private static void sums(Code code) {
    Assembler asm = code.asm;
    Vec sum = code.v(1);
    Vec t = code.v(2);
    asm.op(Op.VMOVUPS, t, code.all(0x01010101));
    asm.op(Op.VPMADDUBSW, sum, t, code.v(0));
    asm.op(Op.VPMADDWD, sum, sum, code.all(0x00010001));
    asm.op(Op.VPSHUFD, t, sum, 0x4E);
    asm.op(Op.VPADDD, sum, sum, t);
    asm.op(Op.VPSHUFD, t, sum, 0xB1);
    asm.op(Op.VPADDD, sum, sum, t);
    Vec second = t;
    asm.op(Op.VEXTRACTF128, sum, second.as(16), 1);
    Vec both = code.v(3);
    asm.op(Op.VPADDD, both.as(16), sum.as(16), second.as(16));
    sum(code, both.as(16), Lines.SUM, Lines.BIAS);
    sum(code, sum.as(16), Lines.SUM_OF_HALF, Lines.BIAS_OF_HALF);
    sum(code, second.as(16), Lines.SUM_OF_HALF + 4, Lines.BIAS_OF_HALF + 4);
  }

  private static void sum(Code code, Vec sum, int scaled, int bias) {
    Assembler asm = code.asm;
    Vec t = Vec.xmm(8);
    Vec zero = Vec.xmm(9);
    asm.op(Op.VCVTDQ2PS, t, sum);
    asm.op(Op.VMULPS, t, t, Vec.xmm(7));
    asm.op(Op.VMOVSS_STORE, t, Mem.at(OUT, scaled));
    asm.op(Op.VPSLLD, sum, sum, Integer.numberOfTrailingZeros(Blocks.BIAS));
    asm.op(Op.VPXOR, zero, zero, zero);
    asm.op(Op.VPSUBD, sum, zero, sum);
    asm.op(Op.VMOVD_STORE, sum, Mem.at(OUT, bias));
  }
}
