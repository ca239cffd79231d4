// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * Emits the exponential of {@code cpu.scalar.Maths} for arguments of any sign (see {@link
 * Exponential} for those up to zero), operation for operation: range reduction by ln 2 in two
 * parts, the Taylor polynomial of degree 7, two powers of two.
 */
final class AnyExponential {
  /** Vector registers that it takes beside its argument. */
  static final int REGISTERS = 3;

  private static final float LOG2_E = 1.44269504f;
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;
  private static final float LOWEST = -87f;

  /** Above it the two powers of two overflow to infinity, as they should. */
  private static final float HIGHEST = 100f;

  private static final float[] TAYLOR = {1f / 720, 1f / 120, 1f / 24, 1f / 6, 0.5f, 1f, 1f};

  private AnyExponential() {}

  /**
   * {@code x = e^x}, not less than e^−87, the smallest that is a normal float; a NaN stays one,
   * since of two operands these instructions give the second where one is a NaN.
   *
   * @param first of {@link #REGISTERS} vector registers to use
   */
  static void emit(Code code, Vec x, int first) {
    Assembler asm = code.asm;
    Vec n = code.v(first);
    Vec p = code.v(first + 1);
    Vec t = code.v(first + 2);
    asm.op(Op.VMAXPS, x, code.constant(n, bits(LOWEST)), x);
    asm.op(Op.VMINPS, x, code.constant(n, bits(HIGHEST)), x);
    asm.op(Op.VPAND, t, x, code.all(0x80000000));
    asm.op(Op.VPOR, t, t, code.all(bits(0.5f)));
    asm.op(Op.VMULPS, n, x, code.all(bits(LOG2_E)));
    asm.op(Op.VADDPS, n, n, t);
    asm.op(Op.VCVTTPS2DQ, n, n);
    asm.op(Op.VCVTDQ2PS, t, n);
    asm.op(Op.VFNMADD231PS, x, t, code.all(bits(LN2_HIGH)));
    asm.op(Op.VFNMADD231PS, x, t, code.all(bits(LN2_LOW)));
    asm.op(Op.VMOVUPS, p, code.all(bits(1f / 5040)));
    for (float coefficient : TAYLOR) {
      asm.op(Op.VFMADD213PS, p, x, code.all(bits(coefficient)));
    }
    asm.op(Op.VPSRLD, t, n, 31);
    asm.op(Op.VPADDD, t, t, n);
    asm.op(Op.VPSRAD, t, t, 1); // n / 2, rounded towards zero
    asm.op(Op.VPSUBD, n, n, t);
    power(code, t);
    power(code, n);
    asm.op(Op.VMULPS, p, p, t);
    asm.op(Op.VMULPS, x, p, n);
  }

  private static void power(Code code, Vec n) {
    code.asm.op(Op.VPADDD, n, n, code.all(127));
    code.asm.op(Op.VPSLLD, n, n, 23);
  }

  static int bits(float value) {
    return Float.floatToRawIntBits(value);
  }
}
