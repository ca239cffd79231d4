// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.StepArguments.P0;
import static io.jishi.tensor.cpu.asm.StepArguments.P1;
import static io.jishi.tensor.cpu.asm.StepArguments.P2;
import static io.jishi.tensor.cpu.asm.StepArguments.P3;
import static io.jishi.tensor.cpu.asm.StepArguments.P4;
import static io.jishi.tensor.cpu.asm.StepArguments.P5;
import static io.jishi.tensor.cpu.asm.StepArguments.P6;
import static io.jishi.tensor.cpu.asm.StepArguments.P7;

/**
 * Emits what attention does to tiles of scores {@code [rows, 16 · COUNT]} in training. Results are
 * the words that products read ({@link PanelWriter.Words}): row by row, so that a word of two BF16
 * is two columns of a row; or <i>turned</i>, where it is one column of two rows.
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
  private static final Gp OUT = Gp.R11;
  private static final Gp AHEAD = Gp.R9;

  /** Rows are asked for 2 to this power before they are read. */
  private static final int AHEAD_SHIFT = 3;

  private final Code code;
  private final Assembler asm;
  private final PanelWriter.Words words;

  private StepTiles(Code code, PanelWriter.Words words) {
    this.code = code;
    this.asm = code.asm;
    this.words = words;
  }

  /** Rows of floats, STEP0 bytes apart, become words: P0 rows, P5 words. */
  static byte[] words(Level level, PanelWriter.Words words) {
    return Code.make(
        level,
        level.bytes(),
        3,
        code -> {
          StepTiles tiles = new StepTiles(code, words);
          code.argument(ROW, P0);
          code.argument(OUT, P5);
          code.argument(ROWS, StepArguments.ROWS);
          code.argument(AHEAD, StepArguments.STEP0);
          code.asm.shl(AHEAD, AHEAD_SHIFT);
          code.loop(
              ROWS,
              () -> {
                code.asm.mov(AT, ROW);
                StepArguments.units(
                    code,
                    LEFT,
                    (at, part) -> {
                      code.asm.op(Op.VMOVUPS, code.v(0), Mem.at(AT, at));
                      code.asm.prefetch(Mem.at(AT, AHEAD, 1, at));
                      tiles.write(code.v(0), OUT, code.v(1), code.v(2));
                    },
                    AT);
                code.asm.add(ROW, Mem.at(Gp.RDI, 8 * StepArguments.STEP0));
              });
        });
  }

  /** Writes the words of a vector of a row, whose floats are lost. */
  private void write(Vec x, Gp out, Vec spare, Vec other) {
    if (words.pairs()) {
      asm.op(Op.VCVTNEPS2BF16, x.as(x.bytes() / 2), x);
      asm.op(Op.VMOVUPS_STORE, x.as(x.bytes() / 2), Mem.at(out));
      asm.add(out, x.bytes() / 2);
      return;
    }
    if (words == PanelWriter.Words.ROUNDED) {
      PanelWriter.round(code, x, spare, other);
    }
    asm.op(Op.VMOVUPS_STORE, x, Mem.at(out));
    asm.add(out, x.bytes());
  }

  /**
   * The running softmax: P0 scores, P1 ranges, P2 maxima, P3 sums, P4 rescaling factors, P5 words
   * row by row, number 0 the scale. Registers: 0–1 maxima or sums in lanes, 2 maximum, 3 old one or
   * a vector, 4 exponential, 5 scale, 6–8 the exponential's own.
   */
  static byte[] softmax(Level level, PanelWriter.Words words) {
    return Code.make(
        level,
        level.bytes(),
        6 + Exponential.REGISTERS,
        code -> new StepTiles(code, words).softmax());
  }

  private void softmax() {
    Vec scale = code.v(5);
    rows(P1);
    code.argument(MAX, P2);
    code.argument(SUMS, P3);
    code.argument(RESCALE, P4);
    code.argument(OUT, P5);
    StepArguments.number(code, scale, 0);
    code.loop(
        ROWS,
        () -> {
          largest(scale);
          weights();
          asm.mov(ROW, AT);
          asm.add(RANGES, RANGE_BYTES);
          asm.add(MAX, 4);
          asm.add(SUMS, 4);
          asm.add(RESCALE, 4);
        });
  }

  private void rows(int ranges) {
    code.argument(ROW, P0);
    code.argument(RANGES, ranges);
    code.argument(ROWS, StepArguments.ROWS);
  }

  private void bounds() {
    asm.load(START, Mem.at(RANGES));
    asm.load(END, Mem.at(RANGES, 8));
  }

  private void bound(Vec x, int at) {
    asm.op(Op.VMINPS, x, x, Mem.at(START, at));
    asm.op(Op.VMINPS, x, x, Mem.at(END, at));
  }

  private void largest(Vec scale) {
    Vec x = code.v(3);
    for (int i = 0; i < 2; i++) {
      asm.op(Op.VMOVUPS, code.v(i), StepArguments.all(code, Float.NEGATIVE_INFINITY));
    }
    asm.mov(AT, ROW);
    bounds();
    StepArguments.units(
        code,
        LEFT,
        (at, part) -> {
          asm.op(Op.VMULPS, x, scale, Mem.at(AT, at));
          bound(x, at);
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

  private void weights() {
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
          asm.op(Op.VADDPS, code.v(part), code.v(part), e);
          write(e, OUT, code.v(6), code.v(7));
        },
        AT);
    StepArguments.fold(code, Op.VADDPS, code.v(0), code.v(1), x);
    Vec sum = code.v(0).as(16);
    asm.op(Op.VBROADCASTSS, x.as(16), Mem.at(SUMS));
    asm.op(Op.VBROADCASTSS, e.as(16), Mem.at(RESCALE));
    asm.op(Op.VFMADD213PS, x.as(16), e.as(16), sum);
    asm.op(Op.VMOVSS_STORE, x.as(16), Mem.at(SUMS));
  }

  // The way back. Registers: 0 scale, 1 log-sum, 2 delta, 3–4 vectors, 5–7 the exponential's own,
  // 8–9 vectors of the row above.

  private static final Gp OTHER = Gp.R9;
  private static final Gp DELTAS = Gp.R12;
  private static final Gp P_OUT = Gp.RBP;
  private static final Gp D_TURNED = Gp.R10;

  /** Minus a row's bytes. */
  private static final Gp ABOVE = Gp.R15;

  /**
   * Probabilities and the gradient of scores: P0 scores, P1 ranges, P2 log-sums, P3 deltas, P4 the
   * gradient of probabilities; P5 probabilities, turned; P6 the gradient row by row, P7 the same
   * turned; number 0 the scale. Words of one float are the same turned or not: P7 is not read. With
   * words of two, ROWS counts pairs of rows, STEP0 is minus the bytes of a row of scores, and what
   * the pair's first row gives waits in the places of its scores and their gradient.
   */
  static byte[] gradients(Level level, PanelWriter.Words words) {
    return Code.make(
        level,
        level.bytes(),
        words.pairs() ? 10 : 8,
        code -> new StepTiles(code, words).gradients());
  }

  private void gradients() {
    code.argument(AT, P0);
    code.argument(RANGES, P1);
    code.argument(SUMS, P2);
    code.argument(DELTAS, P3);
    code.argument(OTHER, P4);
    code.argument(P_OUT, P5);
    code.argument(OUT, P6);
    code.argument(ROWS, StepArguments.ROWS);
    StepArguments.number(code, code.v(0), 0);
    if (!words.pairs()) {
      code.loop(ROWS, () -> row(this::single));
      return;
    }
    code.argument(D_TURNED, P7);
    code.argument(ABOVE, StepArguments.STEP0);
    code.loop(
        ROWS,
        () -> {
          row(this::upper);
          row(this::lower);
        });
  }

  private interface Results {
    void write(Vec p, Vec d, int at);
  }

  private void row(Results results) {
    Vec x = code.v(3);
    Vec e = code.v(4);
    Exponential exponential = new Exponential(code, 5);
    bounds();
    asm.op(Op.VBROADCASTSS, code.v(1), Mem.at(SUMS));
    asm.op(Op.VBROADCASTSS, code.v(2), Mem.at(DELTAS));
    StepArguments.units(
        code,
        LEFT,
        (at, part) -> {
          asm.op(Op.VMULPS, x, code.v(0), Mem.at(AT, at));
          asm.op(Op.VSUBPS, x, x, code.v(1));
          bound(x, at); // after the difference: −∞ − −∞ would be a NaN
          exponential.emit(e, x);
          asm.op(Op.VMOVUPS, x, Mem.at(OTHER, at));
          asm.op(Op.VSUBPS, x, x, code.v(2));
          asm.op(Op.VMULPS, x, x, e);
          asm.op(Op.VMULPS, x, x, code.v(0));
          results.write(e, x, at);
        },
        AT,
        START,
        END,
        OTHER);
    asm.add(RANGES, RANGE_BYTES);
    asm.add(SUMS, 4);
    asm.add(DELTAS, 4);
  }

  private void single(Vec p, Vec d, int at) {
    write(p, P_OUT, code.v(5), code.v(6));
    write(d, OUT, code.v(5), code.v(6));
  }

  private void upper(Vec p, Vec d, int at) {
    asm.op(Op.VMOVUPS_STORE, p, Mem.at(AT, at));
    asm.op(Op.VMOVUPS_STORE, d, Mem.at(OTHER, at));
    write(d, OUT, d, d);
  }

  private void lower(Vec p, Vec d, int at) {
    turned(p, AT, at, P_OUT);
    asm.op(Op.VMOVUPS, code.v(5), d); // the row's own words take it
    turned(d, OTHER, at, D_TURNED);
    write(code.v(5), OUT, d, d);
  }

  /** A column's two rows; {@code below} is lost. */
  private void turned(Vec below, Gp row, int at, Gp out) {
    Vec above = code.v(8);
    asm.op(Op.VMOVUPS, above, Mem.at(row, ABOVE, 1, at));
    PanelWriter.interleave(code, above, below);
    asm.op(Op.VMOVUPS_STORE, above, Mem.at(out));
    asm.add(out, above.bytes());
  }
}
