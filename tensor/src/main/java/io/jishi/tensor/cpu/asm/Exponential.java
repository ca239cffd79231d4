// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * Emits {@code e^x} for {@code x ≤ 0}, the operations of the scalar exponential one for one:
 * reduction by ln 2 in two parts (Cody and Waite 1980), the Taylor polynomial of degree 7, zero
 * below −87, NaN from NaN. Powers of two are added to the exponent: down to −87 the result is a
 * normal number, so that this is the scalar's multiplication.
 */
final class Exponential {
  /** Vector registers that it takes besides its operands. */
  static final int REGISTERS = 3;

  private static final float LOWEST = -87f;
  private static final float LOG2_E = 1.44269504f;
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;
  private static final float[] TAYLOR = {
    1f / 5040, 1f / 720, 1f / 120, 1f / 24, 1f / 6, 0.5f, 1f, 1f
  };

  /** Greater than, or a NaN. */
  private static final int NOT_LESS_OR_EQUAL = 0x16;

  private static final int MASK = 1;

  private final Code code;
  private final Vec t;
  private final Vec n;
  private final Vec r;

  /** Exponentials in a kernel; {@code first} is the first of its registers. */
  Exponential(Code code, int first) {
    this.code = code;
    this.t = code.v(first);
    this.n = code.v(first + 1);
    this.r = code.v(first + 2);
  }

  /** {@code out = e^x}; {@code x} stays as it is. */
  void emit(Vec out, Vec x) {
    Assembler asm = code.asm;
    rounded(code, x, t, n, -0.5f);
    asm.op(Op.VMOVUPS, r, x);
    polynomial(code, out, r, t);
    asm.op(Op.VPSLLD, n, n, 23);
    asm.op(Op.VPADDD, out, out, n);
    if (code.wide()) {
      asm.compare(Op.VCMPPS, MASK, x, number(code, LOWEST), NOT_LESS_OR_EQUAL);
      asm.op(Op.VMOVUPS, Mask.zero(MASK), out, out);
    } else {
      asm.op(Op.VCMPPS, t, x, number(code, LOWEST), NOT_LESS_OR_EQUAL);
      asm.op(Op.VPAND, out, out, t);
    }
  }

  /** {@code n} = x / ln 2 rounded by adding {@code half} and cutting off, {@code t} the same. */
  static void rounded(Code code, Vec x, Vec t, Vec n, float half) {
    Assembler asm = code.asm;
    asm.op(Op.VMULPS, t, x, number(code, LOG2_E));
    if (half < 0) {
      asm.op(Op.VSUBPS, t, t, number(code, -half));
    } else {
      asm.op(Op.VADDPS, t, t, number(code, half));
    }
    asm.op(Op.VCVTTPS2DQ, n, t);
    asm.op(Op.VCVTDQ2PS, t, n);
  }

  /** {@code out = e^(r − t · ln 2)}; changes {@code r}. */
  static void polynomial(Code code, Vec out, Vec r, Vec t) {
    Assembler asm = code.asm;
    asm.op(Op.VFNMADD231PS, r, t, number(code, LN2_HIGH));
    asm.op(Op.VFNMADD231PS, r, t, number(code, LN2_LOW));
    asm.op(Op.VMOVUPS, out, number(code, TAYLOR[0]));
    for (int i = 1; i < TAYLOR.length; i++) {
      asm.op(Op.VFMADD213PS, out, r, number(code, TAYLOR[i]));
    }
  }

  private static Operand number(Code code, float value) {
    return code.all(Float.floatToRawIntBits(value));
  }
}
