// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.util.function.ObjIntConsumer;

/**
 * Emits the recurrent operations whose channels know nothing of each other: convolution, selective
 * state space, weighted mean. A kernel takes runs of 16 channels, each through all tokens, so that
 * what it remembers stays in registers or in the first-level cache. Additions are those of {@code
 * cpu.scalar.Recurrences}, in its order.
 *
 * <p>Arguments, 8 bytes each; pointers move on while a kernel runs.
 */
final class ScanKernels {
  /** Inputs of the first token: x, or the keys of a mean. */
  static final int X = 0;

  /** Bytes from token to token of inputs. */
  static final int X_STEP = 1;

  static final int OUT = 2;
  static final int OUT_STEP = 3;
  static final int STATE = 4;

  /** Runs of 16 channels, at least one. */
  static final int COUNT = 5;

  /** Tokens, at least one. */
  static final int TOKENS = 6;

  /** B of a state space; taps {@code [kernel, channels]}; values of a mean. */
  static final int B = 7;

  /** C of a state space; the bias of a convolution; the bonus of a mean. */
  static final int C = 8;

  /** A of a state space, one or a run's table {@code [state, 16]}; the decay of a mean. */
  static final int DECAY = 9;

  /** D of a state space. */
  static final int SKIP = 10;

  /** δ of a state space for the first token. */
  static final int STEP = 11;

  /** Bytes from token to token of δ. */
  static final int STEP_STEP = 12;

  /** Half the values of the state of a channel. */
  static final int PAIRS = 13;

  /** Bytes from one row of taps, or of a state by rows, to the next. */
  static final int ROW_STEP = 14;

  static final int ARGUMENTS = 15;

  /** Longest convolution whose taps and past fit into the registers. */
  static final int MOST_TAPS = 6;

  private static final int EQUAL = 0;
  private static final int MASK = 2;

  private static final Gp RUNS = Gp.RBX;
  private static final Gp TOKEN = Gp.RBP;
  private static final Gp IN = Gp.RAX;
  private static final Gp TO = Gp.RCX;
  private static final Gp AT_B = Gp.RDX;
  private static final Gp AT_C = Gp.R8;
  private static final Gp AT_STEP = Gp.R9;
  private static final Gp PAIR = Gp.R10;
  private static final Gp S = Gp.R11;
  private static final Gp BS = Gp.R12;
  private static final Gp CS = Gp.R13;
  private static final Gp DS = Gp.R14;

  private ScanKernels() {}

  /** A convolution over {@code taps} tokens, at least two. */
  static byte[] convolution(Level level, int taps) {
    return runs(
        level, 2 * taps + 2, (code, at) -> convolution(code, at, taps), X, OUT, STATE, B, C);
  }

  private static void convolution(Code code, int at, int taps) {
    Assembler asm = code.asm;
    Vec y = code.v(0);
    Vec bias = code.v(1);
    int past = 2 + taps; // registers of the taps, then of the tokens before
    code.argument(AT_C, C);
    asm.op(Op.VMOVUPS, bias, Mem.at(AT_C, at));
    rows(code, B, at, taps, 2, Op.VMOVUPS);
    rows(code, STATE, at, taps - 1, past, Op.VMOVUPS);
    tokens(
        code,
        () -> {
          asm.op(Op.VMOVUPS, y, bias);
          for (int k = 0; k < taps - 1; k++) {
            asm.op(Op.VFMADD231PS, y, code.v(2 + k), code.v(past + k));
          }
          for (int k = 0; k < taps - 2; k++) {
            asm.op(Op.VMOVUPS, code.v(past + k), code.v(past + k + 1));
          }
          Vec newest = code.v(past + taps - 2);
          asm.op(Op.VMOVUPS, newest, Mem.at(IN, at));
          asm.op(Op.VFMADD231PS, y, code.v(1 + taps), newest);
          asm.op(Op.VMOVUPS_STORE, y, Mem.at(TO, at));
        });
    rows(code, STATE, at, taps - 1, past, Op.VMOVUPS_STORE);
  }

  /** Moves rows that lie a row step apart, to or from registers. */
  private static void rows(Code code, int argument, int at, int count, int first, Op move) {
    code.argument(S, argument);
    for (int k = 0; k < count; k++) {
      code.asm.op(move, code.v(first + k), Mem.at(S, at));
      plus(code, S, ROW_STEP);
    }
  }

  /**
   * A selective state space.
   *
   * @param each whether every channel has its own δ, D and decays; else all have the same, and one
   *     decay
   */
  static byte[] stateSpace(Level level, boolean each) {
    ObjIntConsumer<Code> body = (code, at) -> new Space(code, at, each).emit();
    return each
        ? runs(level, Space.REGISTERS, body, X, OUT, STEP, SKIP)
        : runs(level, Space.REGISTERS, body, X, OUT);
  }

  private static final class Space {
    private static final int REGISTERS = 9 + Exponential.REGISTERS;

    private final Code code;
    private final Assembler asm;
    private final int at;
    private final boolean each;
    private final Vec step;
    private final Vec x;
    private final Vec input;
    private final Vec factor;
    private final Vec even;
    private final Vec odd;
    private final Vec t;
    private final Vec skip;
    private final Vec c;
    private final Exponential exponential;

    private Space(Code code, int at, boolean each) {
      this.code = code;
      this.asm = code.asm;
      this.at = at;
      this.each = each;
      step = code.v(0);
      x = code.v(1);
      input = code.v(2);
      factor = code.v(3);
      even = code.v(4);
      odd = code.v(5);
      t = code.v(6);
      skip = code.v(7);
      c = code.v(8);
      exponential = new Exponential(code, 9);
    }

    private void emit() {
      code.argument(S, SKIP);
      values(skip, S);
      code.argument(AT_B, B);
      code.argument(AT_C, C);
      code.argument(AT_STEP, STEP);
      tokens(
          code,
          () -> {
            token();
            plus(code, AT_B, X_STEP);
            plus(code, AT_C, X_STEP);
            plus(code, AT_STEP, STEP_STEP);
          });
      if (at + code.bytes == 64) {
        nextRun();
      }
    }

    /** A run's state, and its table of decays, are as long as the channels' states. */
    private void nextRun() {
      code.argument(S, PAIRS);
      asm.shl(S, 7);
      asm.mov(DS, S);
      plus(code, S, STATE);
      asm.store(Mem.at(Gp.RDI, 8 * STATE), S);
      if (each) {
        plus(code, DS, DECAY);
        asm.store(Mem.at(Gp.RDI, 8 * DECAY), DS);
      }
    }

    private void values(Vec to, Gp from) {
      if (each) {
        asm.op(Op.VMOVUPS, to, Mem.at(from, at));
      } else {
        asm.op(Op.VBROADCASTSS, to, Mem.at(from));
      }
    }

    private void token() {
      values(step, AT_STEP);
      asm.op(Op.VMOVUPS, x, Mem.at(IN, at));
      asm.op(Op.VMULPS, input, step, x);
      code.argument(DS, DECAY);
      if (!each) {
        asm.op(Op.VBROADCASTSS, t, Mem.at(DS));
        asm.op(Op.VMULPS, t, step, t);
        exponential.emit(factor, t);
      }
      StepArguments.zero(code, even, odd);
      code.argument(PAIR, PAIRS);
      code.argument(S, STATE);
      asm.mov(BS, AT_B);
      asm.mov(CS, AT_C);
      code.loop(
          PAIR,
          () -> {
            value(0, even);
            value(1, odd);
            asm.add(S, 128);
            asm.add(DS, 128);
            asm.add(BS, 8);
            asm.add(CS, 8);
          });
      asm.op(Op.VADDPS, even, even, odd);
      asm.op(Op.VFMADD231PS, even, skip, x);
      asm.op(Op.VMOVUPS_STORE, even, Mem.at(TO, at));
    }

    private void value(int parity, Vec sum) {
      if (each) {
        asm.op(Op.VMULPS, t, step, Mem.at(DS, 64 * parity + at));
        exponential.emit(factor, t);
      }
      Mem place = Mem.at(S, 64 * parity + at);
      asm.op(Op.VBROADCASTSS, t, Mem.at(BS, 4 * parity));
      asm.op(Op.VMULPS, t, input, t);
      asm.op(Op.VFMADD231PS, t, factor, place);
      asm.op(Op.VMOVUPS_STORE, t, place);
      asm.op(Op.VBROADCASTSS, c, Mem.at(CS, 4 * parity));
      asm.op(Op.VFMADD231PS, sum, t, c);
    }
  }

  /** The weighted mean of RWKV 4. */
  static byte[] mean(Level level) {
    return runs(level, 12 + Exponential.REGISTERS, ScanKernels::mean, X, OUT, STATE, B, C, DECAY);
  }

  private static void mean(Code code, int at) {
    Assembler asm = code.asm;
    Vec exponent = code.v(2);
    Vec k = code.v(3);
    Vec bonus = code.v(10);
    Vec decay = code.v(11);
    code.argument(S, C);
    asm.op(Op.VMOVUPS, bonus, Mem.at(S, at));
    code.argument(S, DECAY);
    asm.op(Op.VMOVUPS, decay, Mem.at(S, at));
    rows(code, STATE, at, 3, 0, Op.VMOVUPS);
    code.argument(AT_B, B);
    tokens(
        code,
        () -> {
          Vec now = code.v(5);
          Vec y = code.v(9);
          asm.op(Op.VMOVUPS, k, Mem.at(IN, at));
          asm.op(Op.VMOVUPS, code.v(4), Mem.at(AT_B, at));
          start(code);
          asm.op(Op.VADDPS, now, bonus, k);
          weights(code, now);
          merged(code, y, code.v(0), true);
          merged(code, now, code.v(1), false);
          asm.op(Op.VDIVPS, y, y, now);
          asm.op(Op.VMOVUPS_STORE, y, Mem.at(TO, at));
          asm.op(Op.VADDPS, exponent, exponent, decay);
          weights(code, k);
          merged(code, code.v(0), code.v(0), true);
          merged(code, code.v(1), code.v(1), false);
          asm.op(Op.VMOVUPS, exponent, code.v(6));
          plus(code, AT_B, X_STEP);
        });
    rows(code, STATE, at, 3, 0, Op.VMOVUPS_STORE);
  }

  /** The exponent of nothing is the least there is. */
  private static void start(Code code) {
    Assembler asm = code.asm;
    Vec bottom = code.v(1);
    Vec exponent = code.v(2);
    Vec t = code.v(9);
    Vec zero = code.v(6);
    asm.op(Op.VPXOR, zero, zero, zero);
    Operand least = code.all(Float.floatToRawIntBits(-Float.MAX_VALUE));
    if (code.wide()) {
      asm.compare(Op.VCMPPS, MASK, bottom, zero, EQUAL);
      asm.op(Op.VMOVUPS, Mask.keep(MASK), exponent, least);
    } else {
      asm.op(Op.VCMPPS, t, bottom, zero, EQUAL);
      asm.op(Op.VPANDN, exponent, t, exponent);
      asm.op(Op.VPAND, t, t, least);
      asm.op(Op.VPOR, exponent, exponent, t);
    }
  }

  /** The larger exponent in register 6, the past's and the newest weight in 7 and 8. */
  private static void weights(Code code, Vec newest) {
    Assembler asm = code.asm;
    Vec max = code.v(6);
    Vec t = code.v(9);
    Exponential exponential = new Exponential(code, 12);
    asm.op(Op.VMAXPS, max, code.v(2), newest);
    asm.op(Op.VSUBPS, t, code.v(2), max);
    exponential.emit(code.v(7), t);
    asm.op(Op.VSUBPS, t, newest, max);
    exponential.emit(code.v(8), t);
  }

  /** {@code to = past · of + weight [· value]}. */
  private static void merged(Code code, Vec to, Vec of, boolean value) {
    Assembler asm = code.asm;
    Vec t = code.v(12);
    if (value) {
      asm.op(Op.VMULPS, t, code.v(8), code.v(4));
    } else {
      asm.op(Op.VMOVUPS, t, code.v(8));
    }
    asm.op(Op.VFMADD231PS, t, code.v(7), of);
    asm.op(Op.VMOVUPS, to, t);
  }

  /** Goes through the tokens with {@link #IN} and {@link #TO}. */
  private static void tokens(Code code, Runnable body) {
    code.argument(IN, X);
    code.argument(TO, OUT);
    code.argument(TOKEN, TOKENS);
    code.loop(
        TOKEN,
        () -> {
          body.run();
          plus(code, IN, X_STEP);
          plus(code, TO, OUT_STEP);
        });
  }

  /** A body for every vector of a run; pointers that are {@code moved} go to the next run then. */
  private static byte[] runs(Level level, int registers, ObjIntConsumer<Code> body, int... moved) {
    return Code.make(
        level,
        level.bytes(),
        registers,
        code -> {
          code.argument(RUNS, COUNT);
          code.loop(
              RUNS,
              () -> {
                for (int at = 0; at < 64; at += code.bytes) {
                  body.accept(code, at);
                }
                for (int argument : moved) {
                  code.argument(S, argument);
                  code.asm.add(S, 64);
                  code.asm.store(Mem.at(Gp.RDI, 8 * argument), S);
                }
              });
        });
  }

  private static void plus(Code code, Gp pointer, int argument) {
    code.asm.add(pointer, Mem.at(Gp.RDI, 8 * argument));
  }
}
