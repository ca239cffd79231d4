// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * Emits the gated delta rule of one head through all tokens: the state {@code [keyDim, valueDim]}
 * in strips of columns, in a strip all rows twice a token: what the key sees, then the change.
 * Additions are those of {@code cpu.scalar.DeltaStep}, in its order.
 *
 * <p>Arguments, 8 bytes each; pointers move on while a kernel runs.
 */
final class DeltaKernel {
  /** The first token's query, then one {@link #Q_STEP} bytes on. */
  static final int Q = 0;

  static final int K = 1;

  /** Bytes from token to token of queries, of keys. */
  static final int Q_STEP = 2;

  static final int V = 3;
  static final int V_STEP = 4;

  /** What remains of the state: one factor, or one for each row. */
  static final int FADES = 5;

  static final int FADE_STEP = 6;

  /** The rate of change, one a token. */
  static final int RATES = 7;

  static final int RATE_STEP = 8;
  static final int STATE = 9;

  /** Bytes of a row of the state. */
  static final int STATE_STEP = 10;

  static final int OUT = 11;
  static final int OUT_STEP = 12;

  /** Rows of the state. */
  static final int KEYS = 13;

  /** Strips, at least one. */
  static final int STRIPS = 14;

  /** Tokens, at least one. */
  static final int TOKENS = 15;

  static final int ARGUMENTS = 16;

  /** Most vectors of a strip. */
  static final int MOST = 4;

  private static final Gp QUERY = Gp.RAX;
  private static final Gp KEY = Gp.RCX;
  private static final Gp VALUE = Gp.RDX;
  private static final Gp FADE = Gp.R8;
  private static final Gp RATE = Gp.R9;
  private static final Gp TO = Gp.R10;
  private static final Gp TOKEN = Gp.R11;
  private static final Gp ROW = Gp.R12;
  private static final Gp S = Gp.R13;
  private static final Gp AT_KEY = Gp.R14;
  private static final Gp AT_QUERY = Gp.R15;
  private static final Gp AT_FADE = Gp.RBX;
  private static final Gp STRIP = Gp.RBP;

  private final Code code;
  private final Assembler asm;
  private final int vectors;
  private final boolean rows;
  private final Vec s;
  private final Vec k;
  private final Vec q;
  private final Vec fade;

  private DeltaKernel(Code code, int vectors, boolean rows) {
    this.code = code;
    this.asm = code.asm;
    this.vectors = vectors;
    this.rows = rows;
    s = code.v(2 * MOST);
    k = code.v(2 * MOST + 1);
    q = code.v(2 * MOST + 2);
    fade = code.v(2 * MOST + 3);
  }

  /**
   * The machine code.
   *
   * @param vectors of a strip, up to {@link #MOST}
   * @param rows whether each row of the state has a factor of its own
   */
  static byte[] make(Level level, int vectors, boolean rows) {
    return Code.make(
        level, level.bytes(), 2 * MOST + 4, code -> new DeltaKernel(code, vectors, rows).emit());
  }

  private void emit() {
    code.argument(STRIP, STRIPS);
    code.loop(
        STRIP,
        () -> {
          code.argument(QUERY, Q);
          code.argument(KEY, K);
          code.argument(VALUE, V);
          code.argument(FADE, FADES);
          code.argument(RATE, RATES);
          code.argument(TO, OUT);
          code.argument(TOKEN, TOKENS);
          code.loop(TOKEN, this::token);
          for (int argument : new int[] {V, STATE, OUT}) {
            code.argument(S, argument);
            asm.add(S, vectors * code.bytes);
            asm.store(Mem.at(Gp.RDI, 8 * argument), S);
          }
        });
  }

  private void token() {
    for (int v = 0; v < vectors; v++) {
      StepArguments.zero(code, delta(v), result(v));
    }
    if (!rows) {
      asm.op(Op.VBROADCASTSS, fade, Mem.at(FADE));
    }
    eachRow(this::seen);
    asm.op(Op.VBROADCASTSS, k, Mem.at(RATE));
    for (int v = 0; v < vectors; v++) {
      asm.op(Op.VMOVUPS, s, Mem.at(VALUE, v * code.bytes));
      asm.op(Op.VSUBPS, s, s, delta(v));
      asm.op(Op.VMULPS, delta(v), k, s);
    }
    eachRow(this::changed);
    for (int v = 0; v < vectors; v++) {
      asm.op(Op.VMOVUPS_STORE, result(v), Mem.at(TO, v * code.bytes));
    }
    plus(QUERY, Q_STEP);
    plus(KEY, Q_STEP);
    plus(VALUE, V_STEP);
    plus(FADE, FADE_STEP);
    plus(RATE, RATE_STEP);
    plus(TO, OUT_STEP);
  }

  private void eachRow(Runnable body) {
    code.argument(S, STATE);
    code.argument(ROW, KEYS);
    asm.mov(AT_KEY, KEY);
    asm.mov(AT_QUERY, QUERY);
    asm.mov(AT_FADE, FADE);
    code.loop(
        ROW,
        () -> {
          if (rows) {
            asm.op(Op.VBROADCASTSS, fade, Mem.at(AT_FADE));
          }
          asm.op(Op.VBROADCASTSS, k, Mem.at(AT_KEY));
          body.run();
          plus(S, STATE_STEP);
          asm.add(AT_KEY, 4);
          asm.add(AT_QUERY, 4);
          asm.add(AT_FADE, 4);
        });
  }

  private void seen() {
    for (int v = 0; v < vectors; v++) {
      asm.op(Op.VMULPS, s, fade, Mem.at(S, v * code.bytes));
      asm.op(Op.VFMADD231PS, delta(v), k, s);
    }
  }

  /** The faded state is made again: a product less costs less than a store. */
  private void changed() {
    asm.op(Op.VBROADCASTSS, q, Mem.at(AT_QUERY));
    for (int v = 0; v < vectors; v++) {
      asm.op(Op.VMULPS, s, fade, Mem.at(S, v * code.bytes));
      asm.op(Op.VFMADD231PS, s, k, delta(v));
      asm.op(Op.VMOVUPS_STORE, s, Mem.at(S, v * code.bytes));
      asm.op(Op.VFMADD231PS, result(v), q, s);
    }
  }

  private Vec delta(int v) {
    return code.v(v);
  }

  private Vec result(int v) {
    return code.v(MOST + v);
  }

  private void plus(Gp pointer, int argument) {
    asm.add(pointer, Mem.at(Gp.RDI, 8 * argument));
  }
}
