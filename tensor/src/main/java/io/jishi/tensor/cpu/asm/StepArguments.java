// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/** What the kernels of training on rows are called with, 8 bytes each, and their common loops. */
final class StepArguments {
  /** Addresses; what they are each kernel says. */
  static final int P0 = 0;

  static final int P1 = 1;
  static final int P2 = 2;
  static final int P3 = 3;
  static final int P4 = 4;

  /** Units of 16 floats in a row, at least one. */
  static final int COUNT = 5;

  /** Rows, at least one. */
  static final int ROWS = 6;

  /** Bytes from row to row of P0 and P1. */
  static final int STEP0 = 7;

  static final int STEP1 = 8;

  /** Floats, each at the start of its 8 bytes. */
  static final int NUMBERS = 9;

  /** More addresses. */
  static final int P5 = 18;

  static final int P6 = 19;
  static final int P7 = 20;

  /** How many there are. */
  static final int ALL = 21;

  /** Bytes of a unit. */
  static final int UNIT = 64;

  private StepArguments() {}

  /** {@code to = number} in all lanes. */
  static void number(Code code, Vec to, int number) {
    code.asm.op(Op.VBROADCASTSS, to, Mem.at(Gp.RDI, 8 * (NUMBERS + number)));
  }

  /** What is done for a vector that lies {@code at} bytes behind the pointers. */
  @FunctionalInterface
  interface Body {
    /** {@code part} counts the vectors of a unit. */
    void emit(int at, int part);
  }

  /** Goes through a row's units; the pointers end behind it. */
  static void units(Code code, Gp counter, Body body, Gp... pointers) {
    code.argument(counter, COUNT);
    code.loop(
        counter,
        () -> {
          for (int part = 0; part < UNIT / code.bytes; part++) {
            body.emit(part * code.bytes, part);
          }
          for (Gp pointer : pointers) {
            code.asm.add(pointer, UNIT);
          }
        });
  }

  /**
   * Folds a unit's 16 lanes into lane 0 of {@code low}: halves onto halves, the order of the scalar
   * sums.
   */
  static void fold(Code code, Op op, Vec low, Vec high, Vec spare) {
    if (!code.wide()) {
      code.asm.op(op, low, low, high);
    }
    Fold.lanes(code.asm, op, low, spare);
  }

  static void zero(Code code, Vec... vectors) {
    for (Vec v : vectors) {
      code.asm.op(Op.VPXOR, v, v, v);
    }
  }

  static Operand all(Code code, float value) {
    return code.all(Float.floatToRawIntBits(value));
  }
}
