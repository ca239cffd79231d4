// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * Emits what packs a part of a matrix into the panels of A that {@link AmxProduct} reads: blocks of
 * {@link AmxProduct#BLOCK} words of two BF16, a line of 64 bytes for each row. The forms and the
 * arguments are those of {@link PanelWriter}.
 */
final class TileWriter {
  /** Rows that packing along takes at a time. */
  static final int UNIT = TileShape.REGISTER;

  /** Words that the transposition takes at a time: as many as a lane of 128 bits holds. */
  private static final int QUAD = 4;

  private static final int LINE = 4 * AmxProduct.BLOCK;

  private static final Gp IN_AT = Gp.RAX;
  private static final Gp OUT_AT = Gp.RCX;
  private static final Gp UNITS_LEFT = Gp.R8;
  private static final Gp IN_UNIT = Gp.R15;
  private static final Gp OUT_UNIT = Gp.R12;
  private static final Gp STEP = Gp.R10;
  private static final Gp GAP = Gp.R11;
  private static final Gp LEFT = Gp.RBX;
  private static final Gp AHEAD = Gp.R13;

  /** Along: p are asked for 2 to this power before they are read. */
  private static final int AHEAD_SHIFT = 4;

  private static final Gp[] ROWS = {Gp.RAX, Gp.RDX, Gp.R13, Gp.R14};

  private final Code code;
  private final Assembler asm;

  private TileWriter(Code code) {
    this.code = code;
    this.asm = code.asm;
  }

  /** Units of {@link #UNIT} rows; a step is a block. */
  static byte[] along(Level level) {
    return Code.make(level, 64, 9, code -> new TileWriter(code).along());
  }

  private void along() {
    code.argument(IN_UNIT, PanelWriter.IN);
    code.argument(OUT_UNIT, PanelWriter.OUT);
    code.argument(UNITS_LEFT, PanelWriter.UNITS);
    code.argument(STEP, PanelWriter.IN_STEP);
    code.argument(GAP, PanelWriter.OUT_STEP);
    asm.mov(AHEAD, STEP);
    asm.shl(AHEAD, AHEAD_SHIFT);
    code.loop(
        UNITS_LEFT,
        () -> {
          asm.mov(IN_AT, IN_UNIT);
          asm.mov(OUT_AT, OUT_UNIT);
          code.argument(LEFT, PanelWriter.STEPS);
          code.loop(
              LEFT,
              () -> {
                for (int word = 0; word < AmxProduct.BLOCK; word += QUAD) {
                  quad(4 * word);
                }
                asm.add(OUT_AT, GAP);
              });
          asm.add(IN_UNIT, 4 * UNIT);
          asm.add(OUT_UNIT, Mem.at(Gp.RDI, 8 * PanelWriter.UNIT_STEP));
        });
  }

  /** Four words of 16 rows, to {@code place} of the rows' lines. */
  private void quad(int place) {
    for (int w = 0; w < QUAD; w++) {
      load(code.v(w));
      load(code.v(8));
      PanelWriter.interleave(code, code.v(w), code.v(8));
    }
    asm.op(Op.VUNPCKLPS, code.v(4), code.v(0), code.v(1));
    asm.op(Op.VUNPCKHPS, code.v(5), code.v(0), code.v(1));
    asm.op(Op.VUNPCKLPS, code.v(6), code.v(2), code.v(3));
    asm.op(Op.VUNPCKHPS, code.v(7), code.v(2), code.v(3));
    for (int k = 0; k < QUAD; k++) {
      Vec rows = code.v(k); // k, k + 4, k + 8, k + 12
      asm.op(Op.VSHUFPS, rows, code.v(4 + k / 2), code.v(6 + k / 2), k % 2 == 0 ? 0x44 : 0xEE);
      asm.op(Op.VMOVUPS_STORE, rows.as(16), Mem.at(OUT_AT, k * LINE + place));
      for (int lane = 1; lane < 4; lane++) {
        asm.op(Op.VEXTRACTF32X4, rows, Mem.at(OUT_AT, (4 * lane + k) * LINE + place), lane);
      }
    }
  }

  private void load(Vec to) {
    asm.op(Op.VMOVUPS, to, Mem.at(IN_AT));
    asm.prefetch(Mem.at(IN_AT, AHEAD, 1, 0));
    asm.add(IN_AT, STEP);
  }

  /** Panels of {@code width} rows. */
  static byte[] across(Level level, int width) {
    return Code.make(level, 64, 2, code -> new TileWriter(code).across(width));
  }

  private void across(int width) {
    code.argument(IN_UNIT, PanelWriter.IN);
    code.argument(OUT_UNIT, PanelWriter.OUT);
    code.argument(UNITS_LEFT, PanelWriter.UNITS);
    code.argument(STEP, PanelWriter.IN_STEP);
    code.loop(
        UNITS_LEFT,
        () -> {
          for (Gp row : ROWS) {
            asm.mov(row, IN_UNIT);
            asm.add(IN_UNIT, STEP);
          }
          asm.mov(OUT_AT, OUT_UNIT);
          code.argument(LEFT, PanelWriter.STEPS);
          code.loop(
              LEFT,
              () -> {
                for (int r = 0; r < PanelWriter.GROUP; r++) {
                  line(ROWS[r], r * LINE);
                }
                asm.add(OUT_AT, width * LINE);
              });
          asm.add(OUT_UNIT, PanelWriter.GROUP * LINE);
        });
  }

  /** A block's words of one row, which lie as they should. */
  private void line(Gp from, int place) {
    asm.op(Op.VMOVUPS, code.v(0), Mem.at(from));
    asm.op(Op.VMOVUPS, code.v(1), Mem.at(from, LINE));
    asm.op(Op.VCVTNE2PS2BF16, code.v(0), code.v(1), code.v(0));
    asm.op(Op.VMOVUPS_STORE, code.v(0), Mem.at(OUT_AT, place));
    asm.add(from, 2 * LINE);
  }
}
