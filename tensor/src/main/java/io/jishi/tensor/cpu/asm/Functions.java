// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.AnyExponential.bits;

import io.jishi.tensor.Activation;

/**
 * Emits activations and what they are made of, value by value: the operations of {@code
 * cpu.scalar.Maths} one for one, so the same bits (but for the logistic function beyond ±88, where
 * both are zero or one within 1e-38). A NaN stays a NaN.
 */
final class Functions {
  /** Vector registers that they take beside their operands. */
  static final int REGISTERS = 6;

  private static final int LESS = 0x11;
  private static final int MASK = 1;
  private static final int SIGN = 0x80000000;
  private static final float CLAMP = 7;

  private final Code code;
  private final Assembler asm;
  private final int first;
  private final Vec m;
  private final Vec e;
  private final Vec t;

  /** Functions in a kernel; {@code first} is the first of their registers. */
  Functions(Code code, int first) {
    this.code = code;
    this.asm = code.asm;
    this.first = first;
    m = code.v(first);
    e = code.v(first + 1);
    t = code.v(first + 2);
  }

  /** {@code x = act(x)}. */
  void activation(Activation activation, Vec x) {
    switch (activation) {
      case SILU -> {
        logisticTerm(x);
        asm.op(Op.VDIVPS, x, x, e);
      }
      case SIGMOID -> {
        logisticTerm(x);
        asm.op(Op.VDIVPS, x, one(t), e);
      }
      case GELU -> {
        asm.op(Op.VMULPS, m, x, number(0.70710678f));
        error(m);
        half(x);
      }
      case GELU_TANH -> {
        asm.op(Op.VMULPS, m, x, number(0.044715f));
        asm.op(Op.VMULPS, m, m, x);
        asm.op(Op.VMULPS, m, m, x);
        asm.op(Op.VADDPS, m, x, m);
        asm.op(Op.VMULPS, m, m, number(0.7978845608f));
        tanh(m);
        half(x);
      }
      case RELU -> positive(x);
      case RELU_SQUARED -> {
        positive(x);
        asm.op(Op.VMULPS, x, x, x);
      }
      case CLAMPED_SWIGLU -> throw new IllegalArgumentException(activation + " needs a gate");
    }
  }

  /** {@code gate = act(gate) · up}; may change {@code up}. */
  void gated(Activation activation, Vec gate, Vec up) {
    if (activation != Activation.CLAMPED_SWIGLU) {
      activation(activation, gate);
      asm.op(Op.VMULPS, gate, gate, up);
      return;
    }
    asm.op(Op.VMINPS, gate, code.constant(t, bits(CLAMP)), gate);
    asm.op(Op.VMAXPS, up, code.constant(t, bits(-CLAMP)), up);
    asm.op(Op.VMINPS, up, code.constant(t, bits(CLAMP)), up);
    asm.op(Op.VMULPS, m, gate, number(1.702f));
    logisticTerm(m);
    asm.op(Op.VDIVPS, m, one(t), e);
    asm.op(Op.VMULPS, gate, gate, m);
    asm.op(Op.VADDPS, up, up, number(1));
    asm.op(Op.VMULPS, gate, gate, up);
  }

  /** {@code x = tanh(x)}; not the register {@code x} of another call's operand. */
  void tanh(Vec x) {
    Vec sign = code.v(first + 5);
    asm.op(Op.VPAND, sign, x, code.all(SIGN));
    asm.op(Op.VPXOR, x, x, sign);
    asm.op(Op.VADDPS, e, x, x);
    AnyExponential.emit(code, e, first + 2);
    asm.op(Op.VADDPS, e, e, number(1));
    asm.op(Op.VDIVPS, e, code.constant(t, bits(2)), e);
    asm.op(Op.VSUBPS, e, one(t), e);
    Vec small = code.v(first + 3);
    asm.op(Op.VMULPS, small, x, x);
    asm.op(Op.VDIVPS, small, small, number(3));
    asm.op(Op.VSUBPS, small, one(t), small);
    asm.op(Op.VMULPS, small, x, small);
    choose(x, 0.02f, small);
    asm.op(Op.VPOR, x, e, sign);
  }

  /** {@code e = x < border ? small : e}. */
  private void choose(Vec x, float border, Vec small) {
    if (code.wide()) {
      asm.compare(Op.VCMPPS, MASK, x, number(border), LESS);
      asm.op(Op.VMOVUPS, Mask.keep(MASK), e, small);
    } else {
      asm.op(Op.VCMPPS, t, x, number(border), LESS);
      asm.op(Op.VPAND, small, small, t);
      asm.op(Op.VPANDN, e, t, e);
      asm.op(Op.VPOR, e, e, small);
    }
  }

  /** {@code x = erf(x)}. */
  private void error(Vec x) {
    Vec sign = code.v(first + 5);
    Vec p = t;
    asm.op(Op.VPAND, sign, x, code.all(SIGN));
    asm.op(Op.VPXOR, x, x, sign);
    // −x² before x becomes the polynomial's argument.
    asm.op(Op.VMULPS, e, x, x);
    asm.op(Op.VPXOR, e, e, code.all(SIGN));
    AnyExponential.emit(code, e, first + 2);
    asm.op(Op.VFMADD213PS, x, code.constant(p, bits(0.3275911f)), number(1));
    asm.op(Op.VDIVPS, x, one(p), x);
    asm.op(Op.VMOVUPS, p, number(1.061405429f));
    for (float c : new float[] {-1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f}) {
      asm.op(Op.VFMADD213PS, p, x, number(c));
    }
    asm.op(Op.VMULPS, p, p, x);
    asm.op(Op.VMULPS, p, p, e);
    asm.op(Op.VSUBPS, x, one(e), p);
    asm.op(Op.VPOR, x, x, sign);
  }

  /** {@code x = ln(1 + e^x)}: {@code max(x, 0) + 2 · atanh(u / (2 + u))}, {@code u = e^−|x|}. */
  void softplus(Vec x) {
    asm.op(Op.VPOR, m, x, code.all(SIGN));
    new Exponential(code, first + 2).emit(e, m);
    asm.op(Op.VADDPS, m, e, number(2));
    asm.op(Op.VDIVPS, e, e, m); // z
    asm.op(Op.VMULPS, m, e, e);
    asm.op(Op.VMOVUPS, t, number(2f / 15));
    for (int k = 13; k >= 1; k -= 2) {
      asm.op(Op.VFMADD213PS, t, m, number(2f / k));
    }
    asm.op(Op.VMULPS, e, e, t);
    positive(x);
    asm.op(Op.VADDPS, x, x, e);
  }

  /** {@code e = 1 + e^−x}. */
  private void logisticTerm(Vec x) {
    asm.op(Op.VPXOR, e, x, code.all(SIGN));
    AnyExponential.emit(code, e, first + 2);
    asm.op(Op.VADDPS, e, e, number(1));
  }

  /** {@code x = 0.5 · x · (1 + m)}. */
  private void half(Vec x) {
    asm.op(Op.VMULPS, x, x, number(0.5f));
    asm.op(Op.VADDPS, m, m, number(1));
    asm.op(Op.VMULPS, x, x, m);
  }

  /** {@code x = max(x, 0)}, never −0. */
  private void positive(Vec x) {
    asm.op(Op.VPXOR, t, t, t);
    asm.op(Op.VMAXPS, x, t, x);
    asm.op(Op.VADDPS, x, x, t);
  }

  private Vec one(Vec spare) {
    return code.constant(spare, bits(1));
  }

  private Operand number(float value) {
    return code.all(bits(value));
  }
}
