// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.StepArguments.P0;
import static io.jishi.tensor.cpu.asm.StepArguments.P1;
import static io.jishi.tensor.cpu.asm.StepArguments.P2;
import static io.jishi.tensor.cpu.asm.StepArguments.P3;
import static io.jishi.tensor.cpu.asm.StepArguments.P4;

/**
 * Emits what attention does to tiles of scores {@code [rows, 16 · COUNT]} in training.
 *
 * <p>What a row does not see becomes −∞ by a minimum with bounds: two addresses a row ({@link
 * #RANGE_BYTES}), each of floats that are −∞ on one side and +∞ on the other.
 */
final class StepTiles {
  /** Bytes of a row's two addresses: the bounds at the start, those at the end. */
  static final int RANGE_BYTES = 16;

  private static final Gp AT = Gp.RAX;
  private static final Gp START = Gp.RDX;
  private static final Gp END = Gp.RCX;
  private static final Gp LEFT = Gp.R8;
  private static final Gp ROWS = Gp.RBX;
  private static final Gp ROW = Gp.R15;
  private static final Gp RANGES = Gp.R14;
  private static final Gp MAX = Gp.R12;
  private static final Gp SUMS = Gp.R13;
  private static final Gp RESCALE = Gp.RBP;
  private static final Gp OTHER = Gp.R9;

  private StepTiles() {}

  /**
   * The running softmax: P0 scores, P1 ranges, P2 maxima, P3 sums, P4 rescaling factors, number 0
   * the scale. Registers: 0–1 maxima or sums in lanes, 2 maximum, 3 old one or a vector, 4
   * exponential, 5 scale, 6–8 the exponential's own.
   */
  static byte[] softmax(Level level) {
    return Code.make(level, level.bytes(), 6 + Exponential.REGISTERS, StepTiles::softmax);
  }

  private static void softmax(Code code) {
    Assembler asm = code.asm;
    Vec scale = code.v(5);
    rows(code, P1);
    code.argument(MAX, P2);
    code.argument(SUMS, P3);
    code.argument(RESCALE, P4);
    StepArguments.number(code, scale, 0);
    code.loop(
        ROWS,
        () -> {
          largest(code, scale);
          weights(code);
          asm.mov(ROW, AT);
          asm.add(RANGES, RANGE_BYTES);
          asm.add(MAX, 4);
          asm.add(SUMS, 4);
          asm.add(RESCALE, 4);
        });
  }

  private static void rows(Code code, int ranges) {
    code.argument(ROW, P0);
    code.argument(RANGES, ranges);
    code.argument(ROWS, StepArguments.ROWS);
  }

  private static void bounds(Code code) {
    code.asm.load(START, Mem.at(RANGES));
    code.asm.load(END, Mem.at(RANGES, 8));
  }

  private static void bound(Code code, Vec x, int at) {
    code.asm.op(Op.VMINPS, x, x, Mem.at(START, at));
    code.asm.op(Op.VMINPS, x, x, Mem.at(END, at));
  }

  private static void largest(Code code, Vec scale) {
    Assembler asm = code.asm;
    Vec x = code.v(3);
    for (int i = 0; i < 2; i++) {
      asm.op(Op.VMOVUPS, code.v(i), StepArguments.all(code, Float.NEGATIVE_INFINITY));
    }
    asm.mov(AT, ROW);
    bounds(code);
    StepArguments.units(
        code,
        LEFT,
        (at, part) -> {
          asm.op(Op.VMULPS, x, scale, Mem.at(AT, at));
          bound(code, x, at);
          asm.op(Op.VMOVUPS_STORE, x, Mem.at(AT, at));
          asm.op(Op.VMAXPS, code.v(part), code.v(part), x);
        },
        AT,
        START,
        END);
    StepArguments.fold(code, Op.VMAXPS, code.v(0), code.v(1), x);
    Vec max = code.v(2);
    asm.op(Op.VBROADCASTSS, max, code.v(0).as(16));
    asm.op(Op.VBROADCASTSS, x, Mem.at(MAX));
    asm.op(Op.VMAXPS, max, max, x);
    asm.op(Op.VMOVSS_STORE, max.as(16), Mem.at(MAX));
    asm.op(Op.VSUBPS, x, x, max);
    new Exponential(code, 6).emit(code.v(4), x);
    asm.op(Op.VMOVSS_STORE, code.v(4).as(16), Mem.at(RESCALE));
  }

  private static void weights(Code code) {
    Assembler asm = code.asm;
    Vec max = code.v(2);
    Vec x = code.v(3);
    Vec e = code.v(4);
    Exponential exponential = new Exponential(code, 6);
    StepArguments.zero(code, code.v(0), code.v(1));
    asm.mov(AT, ROW);
    StepArguments.units(
        code,
        LEFT,
        (at, part) -> {
          asm.op(Op.VMOVUPS, x, Mem.at(AT, at));
          asm.op(Op.VSUBPS, x, x, max);
          exponential.emit(e, x);
          asm.op(Op.VMOVUPS_STORE, e, Mem.at(AT, at));
          asm.op(Op.VADDPS, code.v(part), code.v(part), e);
        },
        AT);
    StepArguments.fold(code, Op.VADDPS, code.v(0), code.v(1), x);
    Vec sum = code.v(0).as(16);
    asm.op(Op.VBROADCASTSS, x.as(16), Mem.at(SUMS));
    asm.op(Op.VBROADCASTSS, e.as(16), Mem.at(RESCALE));
    asm.op(Op.VFMADD213PS, x.as(16), e.as(16), sum);
    asm.op(Op.VMOVSS_STORE, x.as(16), Mem.at(SUMS));
  }

  /** P0 scores become probabilities: P1 ranges, P2 the rows' log-sums, number 0 the scale. */
  static byte[] probabilities(Level level) {
    return Code.make(
        level,
        level.bytes(),
        4 + Exponential.REGISTERS,
        code -> {
          Assembler asm = code.asm;
          Exponential exponential = new Exponential(code, 4);
          Vec scale = code.v(0);
          Vec logSum = code.v(1);
          Vec x = code.v(2);
          Vec e = code.v(3);
          rows(code, P1);
          code.argument(SUMS, P2);
          StepArguments.number(code, scale, 0);
          asm.mov(AT, ROW);
          code.loop(
              ROWS,
              () -> {
                bounds(code);
                asm.op(Op.VBROADCASTSS, logSum, Mem.at(SUMS));
                StepArguments.units(
                    code,
                    LEFT,
                    (at, part) -> {
                      asm.op(Op.VMULPS, x, scale, Mem.at(AT, at));
                      asm.op(Op.VSUBPS, x, x, logSum);
                      bound(code, x, at); // after the difference: −∞ − −∞ would be a NaN
                      exponential.emit(e, x);
                      asm.op(Op.VMOVUPS_STORE, e, Mem.at(AT, at));
                    },
                    AT,
                    START,
                    END);
                asm.add(RANGES, RANGE_BYTES);
                asm.add(SUMS, 4);
              });
        });
  }

  /** {@code P1 = (P1 − P2[row]) · P0 · number 0}. */
  static byte[] gradient(Level level) {
    return Code.make(
        level,
        level.bytes(),
        3,
        code -> {
          Assembler asm = code.asm;
          Vec scale = code.v(0);
          Vec delta = code.v(1);
          Vec x = code.v(2);
          code.argument(AT, P0);
          code.argument(OTHER, P1);
          code.argument(SUMS, P2);
          code.argument(ROWS, StepArguments.ROWS);
          StepArguments.number(code, scale, 0);
          code.loop(
              ROWS,
              () -> {
                asm.op(Op.VBROADCASTSS, delta, Mem.at(SUMS));
                StepArguments.units(
                    code,
                    LEFT,
                    (at, part) -> {
                      asm.op(Op.VMOVUPS, x, Mem.at(OTHER, at));
                      asm.op(Op.VSUBPS, x, x, delta);
                      asm.op(Op.VMULPS, x, x, Mem.at(AT, at));
                      asm.op(Op.VMULPS, x, x, scale);
                      asm.op(Op.VMOVUPS_STORE, x, Mem.at(OTHER, at));
                    },
                    AT,
                    OTHER);
                asm.add(SUMS, 4);
              });
        });
  }
}
