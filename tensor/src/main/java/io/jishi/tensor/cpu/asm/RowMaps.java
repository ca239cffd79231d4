// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.Activation;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The kernels of one level that change rows value by value, and norms; each emitted when it is
 * first asked for. Arguments are those of {@link RowKernels}, numbers those of {@link RowCall}. For
 * all threads.
 */
public final class RowMaps {
  private static final Gp A = Gp.RAX;
  private static final Gp B = Gp.RDX;
  private static final Gp OUT = Gp.RCX;
  private static final Gp LEFT = Gp.R8;
  private static final Gp ROW_A = Gp.R15;
  private static final Gp ROW_B = Gp.R14;
  private static final Gp ROWS_LEFT = Gp.RBX;

  /** What is done to one vector at {@code at} bytes behind the pointers. */
  @FunctionalInterface
  private interface Body {
    void emit(int at);
  }

  /** What changes all values of a tensor by one formula; a and b are its operands, n a number. */
  public enum Flat {
    /** {@code n · a}. */
    SCALE(false),
    /** {@code n · tanh(a / n)}. */
    SOFT_CAP(false),
    /** {@code a · b}. */
    MULTIPLY(true),
    /** {@code a + n · b}, rounded once. */
    ADD_SCALED(true),
    /** {@code softplus(a + b)}. */
    SOFTPLUS(true),
    /** {@code e^(a · b)} for products up to zero. */
    FADE(true);

    final boolean second;

    Flat(boolean second) {
      this.second = second;
    }
  }

  private final Level level;
  private final Kernel[] gates = new Kernel[Activation.values().length];
  private final Kernel[] activations = new Kernel[Activation.values().length];
  private final Kernel[] flats = new Kernel[Flat.values().length];
  private final Kernel[] norms = new Kernel[4];
  private Kernel unit;

  RowMaps(Level level) {
    this.level = level;
  }

  /** {@code out = act(a) · b}; {@code A_STEP} is that of a and b. */
  public synchronized Kernel gate(Activation act) {
    return kept(gates, act.ordinal(), "gate " + act, () -> gateCode(act));
  }

  /** {@code out = act(a)}, all rows as one. */
  public synchronized Kernel activate(Activation act) {
    return kept(activations, act.ordinal(), "activate " + act, () -> activation(act));
  }

  /** {@code out = f(a, b, n)}, all rows as one. */
  public synchronized Kernel flat(Flat what) {
    return kept(flats, what.ordinal(), what.name(), () -> flatCode(what));
  }

  /** A norm of rows; see {@link NormKernels}. */
  public synchronized Kernel norm(boolean centred, boolean bias) {
    int index = (centred ? 2 : 0) + (bias ? 1 : 0);
    return kept(norms, index, "norm", () -> NormKernels.norm(level, centred, bias));
  }

  /** Rows divided by their lengths; see {@link NormKernels#unit}. */
  public synchronized Kernel unit() {
    return unit = unit != null ? unit : Kernels.load("unit", NormKernels.unit(level));
  }

  private static Kernel kept(Kernel[] kernels, int index, String name, Supplier<byte[]> code) {
    Kernel old = kernels[index];
    return old != null ? old : (kernels[index] = Kernels.load(name, code.get()));
  }

  private byte[] gateCode(Activation activation) {
    return Code.make(
        level,
        level.bytes(),
        2 + Functions.REGISTERS,
        code -> {
          code.argument(ROW_A, RowKernels.A);
          code.argument(ROW_B, RowKernels.B);
          code.argument(OUT, RowKernels.OUT);
          code.argument(ROWS_LEFT, RowKernels.ROWS);
          code.loop(
              ROWS_LEFT,
              () -> {
                code.asm.mov(A, ROW_A);
                code.asm.mov(B, ROW_B);
                units(
                    code,
                    at -> {
                      code.asm.op(Op.VMOVUPS, code.v(0), Mem.at(A, at));
                      code.asm.op(Op.VMOVUPS, code.v(1), Mem.at(B, at));
                      new Functions(code, 2).gated(activation, code.v(0), code.v(1));
                      code.asm.op(Op.VMOVUPS_STORE, code.v(0), Mem.at(OUT, at));
                    },
                    A,
                    B,
                    OUT);
                code.asm.add(ROW_A, Mem.at(Gp.RDI, 8 * RowKernels.A_STEP));
                code.asm.add(ROW_B, Mem.at(Gp.RDI, 8 * RowKernels.A_STEP));
              });
        });
  }

  private byte[] activation(Activation act) {
    int registers = 1 + Functions.REGISTERS;
    return mapped(
        registers, false, code -> (at -> new Functions(code, 1).activation(act, code.v(0))));
  }

  private byte[] flatCode(Flat what) {
    return mapped(
        2 + Functions.REGISTERS,
        what.second,
        code -> {
          if (what == Flat.SCALE || what == Flat.SOFT_CAP || what == Flat.ADD_SCALED) {
            number(code, code.v(1), 0);
          }
          return at -> formula(what, code, at);
        });
  }

  private static void formula(Flat what, Code code, int at) {
    Assembler asm = code.asm;
    Vec a = code.v(0);
    Vec n = code.v(1);
    Functions functions = new Functions(code, 2);
    switch (what) {
      case SCALE -> asm.op(Op.VMULPS, a, a, n);
      case SOFT_CAP -> {
        asm.op(Op.VDIVPS, a, a, n);
        functions.tanh(a);
        asm.op(Op.VMULPS, a, n, a);
      }
      case MULTIPLY -> asm.op(Op.VMULPS, a, a, Mem.at(B, at));
      case ADD_SCALED -> asm.op(Op.VFMADD231PS, a, n, Mem.at(B, at));
      case SOFTPLUS -> {
        asm.op(Op.VADDPS, a, a, Mem.at(B, at));
        functions.softplus(a);
      }
      case FADE -> {
        asm.op(Op.VMULPS, n, a, Mem.at(B, at));
        new Exponential(code, 2).emit(a, n);
      }
    }
  }

  /** {@code out = f(a)}, a in register 0, where it may look at b too. */
  private byte[] mapped(int registers, boolean second, Function<Code, Body> body) {
    Gp[] pointers = second ? new Gp[] {A, OUT, B} : new Gp[] {A, OUT};
    return Code.make(
        level,
        level.bytes(),
        registers,
        code -> {
          code.argument(A, RowKernels.A);
          code.argument(OUT, RowKernels.OUT);
          if (second) {
            code.argument(B, RowKernels.B);
          }
          Body formula = body.apply(code);
          units(
              code,
              at -> {
                code.asm.op(Op.VMOVUPS, code.v(0), Mem.at(A, at));
                formula.emit(at);
                code.asm.op(Op.VMOVUPS_STORE, code.v(0), Mem.at(OUT, at));
              },
              pointers);
        });
  }

  private static void units(Code code, Body body, Gp... pointers) {
    code.argument(LEFT, RowKernels.COUNT);
    code.loop(
        LEFT,
        () -> {
          for (int at = 0; at < 64; at += code.bytes) {
            body.emit(at);
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
