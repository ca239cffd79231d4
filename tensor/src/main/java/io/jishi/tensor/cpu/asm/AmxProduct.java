// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * Emits what {@link TileProduct} does, with tile registers: 32 × 32 of C in four of them, or 32 ×
 * 16 in two.
 *
 * <p>A panel of A is blocks of 16 words, 32 rows of 64 bytes each; a panel of B is as for other
 * kernels. Both end in zeros up to a whole block. Two registers of A and two of B take four loads
 * for four products, which is what the unit needs to stay busy from the first-level cache.
 *
 * <p>Arguments: those of {@link TileProduct}; {@link TileProduct#STEPS} are blocks, {@link
 * TileProduct#REST} is not read.
 */
final class AmxProduct {
  /** Words of a row of a block. */
  static final int BLOCK = 16;

  /** Multiplications and additions of a round of {@link #meter}. */
  static final long ROUND_OPERATIONS = 4L * 2 * 16 * 16 * 32;

  private static final int LINE = 64;
  private static final int TILE_BYTES = TileShape.REGISTER * LINE;

  private static final int ROWS_SHIFT = Integer.numberOfTrailingZeros(TileShape.REGISTER);

  private static final int A_0 = 4;
  private static final int A_1 = 5;
  private static final int B_0 = 6;
  private static final int B_1 = 7;

  private static final Gp A_TILE = Gp.R15;
  private static final Gp C_TILE = Gp.R12;
  private static final Gp LEFT = Gp.RBX;
  private static final Gp A_AT = Gp.RAX;
  private static final Gp B_AT = Gp.RCX;
  private static final Gp STEPS = Gp.R8;
  private static final Gp ROW = Gp.R14;
  private static final Gp LOW = Gp.R9;
  private static final Gp STRIDE = Gp.R10;
  private static final Gp A_STRIDE = Gp.R11;
  private static final Gp B_STRIDE = Gp.R13;

  private final Code code;
  private final Assembler asm;
  private final int vectors;

  private AmxProduct(Code code, int vectors) {
    this.code = code;
    this.asm = code.asm;
    this.vectors = vectors;
  }

  /** The machine code of tiles of {@code vectors} times 16 columns. */
  static byte[] make(Level level, int vectors) {
    return Code.make(level, 64, 32, code -> new AmxProduct(code, vectors).panels());
  }

  /** Four products of registers {@link Arguments#BLOCKS} times, for {@link Meters}. */
  static byte[] meter(Level level) {
    return Code.make(
        level,
        64,
        32,
        code -> {
          code.asm.tileShapes(shapes(code));
          code.argument(STEPS, Arguments.BLOCKS);
          code.loop(
              STEPS,
              () -> {
                for (int i = 0; i < 4; i++) {
                  code.asm.tileProduct(i, A_0 + i / 2, B_0 + i % 2);
                }
              });
          code.asm.tileRelease();
        });
  }

  private static Mem shapes(Code code) {
    return new TileShapes().with(0, B_1, TileShape.REGISTER, LINE).in(code);
  }

  private void panels() {
    asm.tileShapes(shapes(code));
    code.argument(A_TILE, TileProduct.A);
    code.argument(C_TILE, TileProduct.C);
    code.argument(LEFT, TileProduct.PANELS);
    code.argument(STRIDE, TileProduct.C_STRIDE);
    asm.mov(A_STRIDE, LINE);
    asm.mov(B_STRIDE, 2 * LINE);
    code.loop(
        LEFT,
        () -> {
          asm.mov(LOW, STRIDE);
          asm.shl(LOW, ROWS_SHIFT);
          asm.add(LOW, C_TILE);
          start();
          asm.mov(A_AT, A_TILE);
          code.argument(B_AT, TileProduct.B);
          code.argument(STEPS, TileProduct.STEPS);
          code.loop(STEPS, this::block);
          sums((tile, place) -> asm.tileStore(place, tile));
          asm.add(A_TILE, Mem.at(Gp.RDI, 8 * TileProduct.A_STEP));
          asm.mov(C_TILE, STRIDE);
          asm.shl(C_TILE, ROWS_SHIFT);
          asm.add(C_TILE, LOW);
        });
    asm.tileRelease();
  }

  private void start() {
    Label add = new Label();
    Label ready = new Label();
    code.argument(STEPS, TileProduct.ADD);
    asm.cmp(STEPS, 0);
    asm.jump(Assembler.Condition.NOT_EQUAL, add);
    sums((tile, place) -> asm.tileZero(tile));
    asm.mov(ROW, C_TILE);
    prefetch(); // the stores at the end would wait for memory
    asm.jump(ready);
    asm.bind(add);
    sums(asm::tileLoad);
    asm.mov(ROW, STRIDE);
    asm.shl(ROW, ROWS_SHIFT);
    asm.add(ROW, LOW);
    prefetch(); // the next tile: its loads come all at once
    asm.bind(ready);
  }

  private void prefetch() {
    for (int r = 0; r < 2 * TileShape.REGISTER; r++) {
      for (int v = 0; v < vectors; v++) {
        asm.prefetch(Mem.at(ROW, v * LINE));
      }
      asm.add(ROW, STRIDE);
    }
  }

  private interface Sum {
    void at(int tile, Mem place);
  }

  private void sums(Sum each) {
    for (int v = 0; v < vectors; v++) {
      each.at(v, Mem.at(C_TILE, STRIDE, 1, v * LINE));
      each.at(2 + v, Mem.at(LOW, STRIDE, 1, v * LINE));
    }
  }

  private void block() {
    asm.tileLoad(B_0, Mem.at(B_AT, B_STRIDE, 1, 0));
    asm.tileLoad(A_0, Mem.at(A_AT, A_STRIDE, 1, 0));
    asm.tileProduct(0, A_0, B_0);
    if (vectors == 2) {
      asm.tileLoad(B_1, Mem.at(B_AT, B_STRIDE, 1, LINE));
      asm.tileProduct(1, A_0, B_1);
    }
    asm.tileLoad(A_1, Mem.at(A_AT, A_STRIDE, 1, TILE_BYTES));
    asm.tileProduct(2, A_1, B_0);
    if (vectors == 2) {
      asm.tileProduct(3, A_1, B_1);
    }
    asm.add(A_AT, 2 * TILE_BYTES);
    asm.add(B_AT, 2 * TILE_BYTES);
  }
}
