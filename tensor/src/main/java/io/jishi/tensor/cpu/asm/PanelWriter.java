// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.util.Arrays;

/**
 * Emits what packs a part of a matrix into panels {@code [words, width]}, for {@link TileProduct}.
 * Two forms: <i>along</i>, where elements of a panel's row lie side by side in memory, and
 * <i>across</i>, where successive p do.
 *
 * <p>Words: floats as they are; floats rounded to BF16; or pairs of BF16 of successive p, the lower
 * one in the lower half. Vectors have 256 bits (across: 512 where pairs are made of 16 floats),
 * since packing is bound by its stores.
 *
 * <p>Registers: 0–3 rows in, 4–7 out of the transposition, which works on words whatever they hold.
 */
final class PanelWriter {
  /** What words hold. */
  enum Words {
    /** FP32. */
    FLOATS,
    /** FP32 that is a BF16 too. */
    ROUNDED,
    /** Two BF16. */
    PAIRS,
    /** The same, for {@link AmxProduct}. */
    TILES;

    /** Whether a word is two BF16. */
    boolean pairs() {
      return this == PAIRS || this == TILES;
    }

    /** Successive p of a word. */
    int depth() {
      return pairs() ? 2 : 1;
    }

    /** Words that panels are whole multiples of. */
    int block() {
      return this == TILES ? AmxProduct.BLOCK : BLOCK;
    }
  }

  /** The first element. */
  static final int IN = 0;

  /** Bytes from p to p + 1 (along), from row to row (across). */
  static final int IN_STEP = 1;

  /** Where the first word goes. */
  static final int OUT = 2;

  /** Words of p (along), blocks of {@link #BLOCK} of them (across); at least one. */
  static final int STEPS = 3;

  /** Vectors (along), groups of four rows (across); at least one. */
  static final int UNITS = 4;

  /** Along: bytes from one unit's place to the next one's. */
  static final int UNIT_STEP = 5;

  /** Along: bytes from one p's words to the next ones'. */
  static final int OUT_STEP = 6;

  /** How many there are. */
  static final int COUNT = 7;

  /** Words of p that the transposition takes at a time. */
  static final int BLOCK = 8;

  /** Rows that it takes at a time. */
  static final int GROUP = 4;

  private static final int GROUP_SHIFT = 2;

  private static final Gp IN_AT = Gp.RAX;
  private static final Gp SECOND = Gp.RDX;
  private static final Gp OUT_AT = Gp.RCX;
  private static final Gp UNITS_LEFT = Gp.R8;
  private static final Gp IN_ROW = Gp.R15;
  private static final Gp OUT_ROW = Gp.R12;
  private static final Gp STEP = Gp.R10;
  private static final Gp GAP = Gp.R11;
  private static final Gp LEFT = Gp.RBX;
  private static final Gp AHEAD = Gp.R13;

  /** Rows are asked for 2 to this power before they are read. */
  private static final int AHEAD_SHIFT = 4;

  private static final Gp[] ROWS = {Gp.RAX, Gp.RDX, Gp.R13, Gp.R14};

  /** Unordered: one of the two is a NaN. */
  private static final int UNORDERED = 3;

  private static final int NAN_MASK = 1;

  private final Code code;
  private final Assembler asm;
  private final Words words;

  /** Of a unit. */
  private final int bytes;

  private PanelWriter(Code code, Words words, int bytes) {
    this.code = code;
    this.asm = code.asm;
    this.words = words;
    this.bytes = bytes;
  }

  /** Units of {@code floats} floats, 4 or 8. */
  static byte[] along(Level level, Words words, int floats) {
    int bytes = words.pairs() ? 64 : 4 * floats; // a constant of pairs fills the widest vector
    return Code.make(level, bytes, 8, code -> new PanelWriter(code, words, 4 * floats).along());
  }

  private void along() {
    code.argument(IN_ROW, IN);
    code.argument(OUT_ROW, OUT);
    code.argument(LEFT, STEPS);
    code.argument(STEP, IN_STEP);
    code.argument(GAP, UNIT_STEP);
    asm.mov(AHEAD, STEP);
    asm.shl(AHEAD, AHEAD_SHIFT);
    code.loop(
        LEFT,
        () -> {
          asm.mov(IN_AT, IN_ROW);
          asm.mov(SECOND, IN_ROW);
          asm.add(SECOND, STEP);
          asm.mov(OUT_AT, OUT_ROW);
          code.argument(UNITS_LEFT, UNITS);
          if (words.pairs()) {
            doubles();
          } else {
            code.loop(UNITS_LEFT, this::unit);
          }
          for (int i = 0; i < words.depth(); i++) {
            asm.add(IN_ROW, STEP);
          }
          asm.add(OUT_ROW, Mem.at(Gp.RDI, 8 * OUT_STEP));
        });
  }

  /** Two units at a time, with vectors of twice the size, then the odd one. */
  private void doubles() {
    Label again = new Label();
    Label last = new Label();
    Label none = new Label();
    asm.bind(again);
    asm.cmp(UNITS_LEFT, 2);
    asm.jump(Assembler.Condition.LESS, last);
    Vec x = pairs(2 * bytes);
    asm.op(Op.VMOVUPS_STORE, x.as(bytes), Mem.at(OUT_AT));
    asm.add(OUT_AT, GAP);
    asm.op(Op.VEXTRACTF64X4, x, Mem.at(OUT_AT), 1);
    asm.add(OUT_AT, GAP);
    asm.add(IN_AT, 2 * bytes);
    asm.sub(UNITS_LEFT, 2);
    asm.jump(again);
    asm.bind(last);
    asm.cmp(UNITS_LEFT, 0);
    asm.jump(Assembler.Condition.EQUAL, none);
    unit();
    asm.bind(none);
  }

  /** The next words of two successive p in a vector of {@code wide} bytes. */
  private Vec pairs(int wide) {
    Vec x = code.v(0).as(wide);
    Vec odd = code.v(1).as(wide);
    asm.op(Op.VMOVUPS, x, Mem.at(IN_AT));
    asm.prefetch(Mem.at(IN_AT, AHEAD, 1, 0)); // pieces of far rows: no hardware foresees them
    asm.op(Op.VMOVUPS, odd, Mem.at(SECOND));
    asm.prefetch(Mem.at(SECOND, AHEAD, 1, 0));
    asm.add(SECOND, wide);
    interleave(code, x, odd);
    return x;
  }

  private void unit() {
    Vec x = code.v(0).as(bytes);
    if (words.pairs()) {
      pairs(bytes);
    } else {
      asm.op(Op.VMOVUPS, x, Mem.at(IN_AT));
      asm.prefetch(Mem.at(IN_AT, AHEAD, 1, 0));
      if (words == Words.ROUNDED) {
        round(code, x, code.v(6), code.v(7));
      }
    }
    asm.op(Op.VMOVUPS_STORE, x, Mem.at(OUT_AT));
    asm.add(IN_AT, bytes);
    asm.add(OUT_AT, GAP);
  }

  /** Words of two BF16, the lower of {@code x}; {@code odd} is lost. */
  static void interleave(Code code, Vec x, Vec odd) {
    int lanes = x.bytes() / 4;
    int[] order = new int[16];
    Arrays.setAll(order, i -> (i % lanes + lanes) << 16 | i % lanes);
    code.asm.op(Op.VCVTNE2PS2BF16, x, odd, x);
    code.asm.op(Op.VPERMW, x, code.constant(odd, order).as(x.bytes()), x);
  }

  /** Each lane becomes its nearest BF16, ties to even; a NaN stays one. */
  static void round(Code code, Vec x, Vec nan, Vec t) {
    Assembler asm = code.asm;
    if (code.wide()) {
      asm.compare(Op.VCMPPS, NAN_MASK, x, x, UNORDERED);
    } else {
      asm.op(Op.VCMPPS, nan, x, x, UNORDERED);
    }
    asm.op(Op.VPSRLD, t, x, 16);
    asm.op(Op.VPAND, t, t, code.all(1));
    asm.op(Op.VPADDD, x, x, t);
    asm.op(Op.VPADDD, x, x, code.all(0x7FFF));
    if (code.wide()) {
      asm.op(Op.VMOVUPS, Mask.keep(NAN_MASK), x, code.all(-1));
    } else {
      asm.op(Op.VPOR, x, x, nan);
    }
    asm.op(Op.VPAND, x, x, code.all(0xFFFF0000));
  }

  /** Panels of {@code width} rows. */
  static byte[] across(Level level, Words words, int width) {
    return Code.make(level, 32, 12, code -> new PanelWriter(code, words, 32).across(width));
  }

  private void across(int width) {
    code.argument(IN_ROW, IN);
    code.argument(OUT_ROW, OUT);
    code.argument(UNITS_LEFT, UNITS);
    code.argument(STEP, IN_STEP);
    asm.mov(GAP, STEP);
    asm.shl(GAP, GROUP_SHIFT);
    code.loop(
        UNITS_LEFT,
        () -> {
          for (Gp row : ROWS) {
            asm.mov(row, IN_ROW);
            asm.add(IN_ROW, STEP);
          }
          asm.mov(OUT_AT, OUT_ROW);
          code.argument(LEFT, PanelWriter.STEPS);
          code.loop(LEFT, () -> block(4 * width));
          asm.add(OUT_ROW, 4 * GROUP);
        });
  }

  /** Four rows of 8 words; the two halves of the vectors hold words 0–3 and 4–7. */
  private void block(int step) {
    for (int r = 0; r < GROUP; r++) {
      row(code.v(r), ROWS[r]);
    }
    asm.op(Op.VUNPCKLPS, code.v(4), code.v(0), code.v(1));
    asm.op(Op.VUNPCKHPS, code.v(5), code.v(0), code.v(1));
    asm.op(Op.VUNPCKLPS, code.v(8), code.v(2), code.v(3));
    asm.op(Op.VUNPCKHPS, code.v(9), code.v(2), code.v(3));
    asm.op(Op.VSHUFPS, code.v(0), code.v(4), code.v(8), 0x44);
    asm.op(Op.VSHUFPS, code.v(1), code.v(4), code.v(8), 0xEE);
    asm.op(Op.VSHUFPS, code.v(2), code.v(5), code.v(9), 0x44);
    asm.op(Op.VSHUFPS, code.v(3), code.v(5), code.v(9), 0xEE);
    for (int k = 0; k < 4; k++) {
      asm.op(Op.VMOVUPS_STORE, code.v(k).as(16), Mem.at(OUT_AT, k * step));
      asm.op(Op.VEXTRACTF128, code.v(k), Mem.at(OUT_AT, (4 + k) * step), 1);
    }
    asm.add(OUT_AT, BLOCK * step);
  }

  private void row(Vec x, Gp from) {
    asm.prefetch(Mem.at(from, GAP, 1, 0)); // the next group's: rows are too short to be foreseen
    if (words.pairs()) {
      asm.op(Op.VMOVUPS, x.as(64), Mem.at(from));
      asm.op(Op.VCVTNEPS2BF16, x, x.as(64));
    } else {
      asm.op(Op.VMOVUPS, x, Mem.at(from));
      if (words == Words.ROUNDED) {
        round(code, x, code.v(6), code.v(7));
      }
    }
    asm.add(from, 4 * BLOCK * words.depth());
  }
}
