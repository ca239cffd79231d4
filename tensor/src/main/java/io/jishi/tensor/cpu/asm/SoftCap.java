// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * Emits {@code x = cap · tanh(x / cap)} (Gemma 2), the operations of the scalar hyperbolic tangent
 * one for one: {@code 1 − 2 / (e^(2|x|) + 1)}, below 0.02 two terms of the series, then the sign. A
 * NaN stays one. The exponential is bounded at e^88: from there on the result is 1 in FP32.
 */
final class SoftCap {
  private static final float SMALL = 0.02f;
  private static final float BOUND = 44f;
  private static final int LESS = 0x11;
  private static final int MASK = 1;

  private final Code code;
  private final Vec m;
  private final Vec z;
  private final Vec t;
  private final Vec n;
  private final Vec y;

  /** Soft caps in a kernel, with five registers to work in. */
  SoftCap(Code code, Vec... registers) {
    this.code = code;
    m = registers[0];
    z = registers[1];
    t = registers[2];
    n = registers[3];
    y = registers[4];
  }

  void emit(Vec x, Vec cap) {
    Assembler asm = code.asm;
    asm.op(Op.VDIVPS, x, x, cap);
    asm.op(Op.VPAND, m, x, code.all(0x7FFFFFFF));
    asm.op(Op.VMOVUPS, z, number(BOUND));
    asm.op(Op.VMINPS, z, z, m); // of a NaN the second operand, which it is
    asm.op(Op.VADDPS, z, z, z);
    Exponential.rounded(code, z, t, n, 0.5f);
    Exponential.polynomial(code, y, z, t);
    asm.op(Op.VPSLLD, n, n, 23);
    asm.op(Op.VPADDD, y, y, n);
    asm.op(Op.VADDPS, y, y, number(1));
    asm.op(Op.VMOVUPS, t, number(2));
    asm.op(Op.VDIVPS, t, t, y);
    asm.op(Op.VMOVUPS, y, number(1));
    asm.op(Op.VSUBPS, y, y, t);
    series();
    asm.op(Op.VPAND, t, x, code.all(0x80000000));
    asm.op(Op.VPOR, y, y, t);
    asm.op(Op.VMULPS, x, cap, y);
  }

  /** Takes {@code m · (1 − m² / 3)} where that is the better one. */
  private void series() {
    Assembler asm = code.asm;
    asm.op(Op.VMULPS, t, m, m);
    asm.op(Op.VDIVPS, t, t, number(3));
    asm.op(Op.VMOVUPS, n, number(1));
    asm.op(Op.VSUBPS, n, n, t);
    asm.op(Op.VMULPS, n, n, m);
    if (code.wide()) {
      asm.compare(Op.VCMPPS, MASK, m, number(SMALL), LESS);
      asm.op(Op.VMOVUPS, Mask.keep(MASK), y, n);
    } else {
      asm.op(Op.VCMPPS, t, m, number(SMALL), LESS);
      asm.op(Op.VBLENDVPS, y, y, n, t.number() << 4);
    }
  }

  private Operand number(float value) {
    return code.all(Float.floatToRawIntBits(value));
  }
}
