// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * Emits what comes before and behind the blocks: rows that have seen nothing, and {@code out = acc
 * / (Σ sums + extra)}, a token's heads side by side, tokens a stride apart.
 */
final class RowEnds {
  /** The rows' weighted sums. */
  static final int ACC = 0;

  /** Their sums of weights. */
  static final int SUMS = 1;

  /** At the start: the rows' largest scores. */
  static final int MAX = 2;

  /** At the end: where the first token's result goes. */
  static final int OUT = 2;

  /** At the start: rows, at least one. */
  static final int ROWS = 3;

  /** At the end: tokens, at least one. */
  static final int TOKENS = 3;

  /** Rows of a token, at least one. */
  static final int GROUP = 4;

  /** Bytes from the end of one token's result to the next one's. */
  static final int GAP = 5;

  /** At the end: weights beside those of the keys, {@code [rows]} floats. */
  static final int EXTRA = 6;

  private static final Gp FROM = Gp.RAX;
  private static final Gp SUM = Gp.RDX;
  private static final Gp TO = Gp.RCX;
  private static final Gp COUNT = Gp.RBX;
  private static final Gp HEADS = Gp.R8;
  private static final Gp MORE = Gp.R9;

  private RowEnds() {}

  /** The largest score so far starts finite, so that less it is never a NaN. */
  static byte[] start(Level level, int width) {
    return Code.make(
        level,
        level.bytes(),
        2,
        code -> {
          Assembler asm = code.asm;
          Vec zero = code.v(0);
          Vec least = code.v(1);
          code.argument(FROM, ACC);
          code.argument(SUM, SUMS);
          code.argument(TO, MAX);
          code.argument(COUNT, ROWS);
          asm.op(Op.VPXOR, zero, zero, zero);
          asm.op(Op.VMOVUPS, least, code.all(Float.floatToRawIntBits(-Float.MAX_VALUE)));
          code.loop(
              COUNT,
              () -> {
                fill(code, zero, FROM, 4 * width);
                fill(code, zero, SUM, 4 * RowArguments.LANES);
                asm.op(Op.VMOVSS_STORE, least.as(16), Mem.at(TO));
                asm.add(TO, 4);
              });
        });
  }

  private static void fill(Code code, Vec with, Gp place, int bytes) {
    for (int at = 0; at < bytes; at += code.bytes) {
      code.asm.op(Op.VMOVUPS_STORE, with, Mem.at(place, at));
    }
    code.asm.add(place, bytes);
  }

  /** Rows of {@code dim} results; their sums are {@code width} floats, whole vectors. */
  static byte[] finish(Level level, int dim, int width) {
    return Code.make(level, level.bytes(), 2, code -> finish(code, dim, width));
  }

  private static void finish(Code code, int dim, int width) {
    Assembler asm = code.asm;
    code.argument(FROM, ACC);
    code.argument(SUM, SUMS);
    code.argument(TO, OUT);
    code.argument(MORE, EXTRA);
    code.argument(COUNT, TOKENS);
    code.loop(
        COUNT,
        () -> {
          code.argument(HEADS, GROUP);
          code.loop(HEADS, () -> row(code, dim, width));
          asm.add(TO, Mem.at(Gp.RDI, 8 * GAP));
        });
  }

  private static void row(Code code, int dim, int width) {
    Assembler asm = code.asm;
    Vec sum = code.v(0);
    Vec t = code.v(1);
    asm.op(Op.VMOVUPS, sum, Mem.at(SUM));
    if (!code.wide()) {
      asm.op(Op.VADDPS, sum, sum, Mem.at(SUM, 32));
    }
    Fold.lanes(asm, Op.VADDPS, sum, t);
    asm.op(Op.VBROADCASTSS, t.as(16), Mem.at(MORE));
    asm.op(Op.VADDPS, sum.as(16), sum.as(16), t.as(16));
    asm.op(Op.VBROADCASTSS, sum, sum.as(16));
    int whole = 4 * dim / code.bytes * code.bytes;
    for (int at = 0; at < whole; at += code.bytes) {
      quotient(asm, t, sum, at);
    }
    for (int at = whole; at < 4 * dim; at += 16) {
      quotient(asm, t.as(16), sum.as(16), Math.min(at, 4 * dim - 16));
    }
    asm.add(FROM, 4 * width);
    asm.add(TO, 4 * dim);
    asm.add(SUM, 4 * RowArguments.LANES);
    asm.add(MORE, 4);
  }

  private static void quotient(Assembler asm, Vec t, Vec sum, int at) {
    asm.op(Op.VMOVUPS, t, Mem.at(FROM, at));
    asm.op(Op.VDIVPS, t, t, sum);
    asm.op(Op.VMOVUPS_STORE, t, Mem.at(TO, at));
  }
}
