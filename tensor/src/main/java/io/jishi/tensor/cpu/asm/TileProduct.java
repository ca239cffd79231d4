// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * Emits {@code C[i, j] (+)= Σ_p A[i, p] · B[p, j]} of packed panels: tiles of {@link
 * TileShape#rows} rows by up to three vectors of columns.
 *
 * <p>Tile: 8 × 48 with 512 bits, 4 × 24 with 256. Three vectors wide because a step over p then
 * takes rows + 3 loads for 3 · rows products: 11 for 24, where 12 × 32 takes 14 and the square of
 * two vectors the more. Registers: rows · vectors sums, then the vectors of B, the rest in turn for
 * broadcasts of A; broadcasts are instructions of their own, since as operands they would be loaded
 * once a product. The sums are one chain over ascending p that starts from C or 0, so that neither
 * the blocking of p nor the place of a tile changes a bit.
 *
 * <p>A word is one float (FP32) or two BF16 that belong to two successive p.
 *
 * <p>Arguments, 8 bytes each: {@link #A}, {@link #A_STEP}, {@link #B}, {@link #C}, {@link
 * #C_STRIDE}, {@link #STEPS}, {@link #REST}, {@link #PANELS}, {@link #ADD}.
 */
final class TileProduct {
  /** The first panel of A: {@code [words, rows]}. */
  static final int A = 0;

  /** Bytes from one panel of A to the next. */
  static final int A_STEP = 1;

  /** The panel of B: {@code [words, TileShape.cols]}. */
  static final int B = 2;

  /** The first tile's first row. */
  static final int C = 3;

  /** Bytes from row to row of C. */
  static final int C_STRIDE = 4;

  /** Words, by {@link #UNROLLED}. */
  static final int STEPS = 5;

  /** What is left of them. */
  static final int REST = 6;

  /** Panels of A, at least one. */
  static final int PANELS = 7;

  /** 0: sums start from 0, else from C. */
  static final int ADD = 8;

  /** How many there are. */
  static final int COUNT = 9;

  /** Words that a round of the loop takes. */
  static final int UNROLLED = 4;

  private static final Gp A_TILE = Gp.R15;
  private static final Gp C_TILE = Gp.R12;
  private static final Gp LEFT = Gp.RBX;
  private static final Gp A_AT = Gp.RAX;
  private static final Gp B_AT = Gp.RCX;
  private static final Gp COUNTER = Gp.R8;
  private static final Gp ROW = Gp.R9;
  private static final Gp STRIDE = Gp.R10;

  private final Code code;
  private final Assembler asm;
  private final Op product;
  private final TileShape shape;
  private final int vectors;
  private final int spare;
  private int next;

  private TileProduct(Code code, Op product, TileShape shape, int vectors) {
    this.code = code;
    this.asm = code.asm;
    this.product = product;
    this.shape = shape;
    this.vectors = vectors;
    spare = (shape.rows() + 1) * vectors;
  }

  /** The machine code of tiles of {@code vectors} vectors. */
  static byte[] make(Level level, PanelWriter.Words words, int vectors) {
    if (words == PanelWriter.Words.TILES) {
      return AmxProduct.make(level, vectors);
    }
    Op product = words.pairs() ? Op.VDPBF16PS : Op.VFMADD231PS;
    TileShape shape = TileShape.of(level, words);
    int registers = level.bytes() == 64 ? 32 : 16;
    return Code.make(
        level,
        level.bytes(),
        registers,
        code -> new TileProduct(code, product, shape, vectors).panels());
  }

  private void panels() {
    code.argument(A_TILE, A);
    code.argument(C_TILE, C);
    code.argument(LEFT, PANELS);
    code.argument(STRIDE, C_STRIDE);
    code.loop(
        LEFT,
        () -> {
          start();
          products();
          store();
          asm.add(A_TILE, Mem.at(Gp.RDI, 8 * A_STEP));
          asm.mov(C_TILE, ROW);
        });
  }

  private void start() {
    Label add = new Label();
    Label ready = new Label();
    code.argument(COUNTER, ADD);
    asm.cmp(COUNTER, 0);
    asm.mov(ROW, C_TILE);
    asm.jump(Assembler.Condition.NOT_EQUAL, add);
    for (int r = 0; r < shape.rows(); r++) {
      for (int v = 0; v < vectors; v++) {
        Vec sum = sum(r, v);
        asm.op(Op.VPXOR, sum, sum, sum);
        asm.prefetch(Mem.at(ROW, v * code.bytes)); // the stores at the end would wait for memory
      }
      asm.add(ROW, STRIDE);
    }
    asm.jump(ready);
    asm.bind(add);
    for (int r = 0; r < shape.rows(); r++) {
      for (int v = 0; v < vectors; v++) {
        asm.op(Op.VMOVUPS, sum(r, v), Mem.at(ROW, v * code.bytes));
      }
      asm.add(ROW, STRIDE);
    }
    for (int r = 0; r < shape.rows(); r++) {
      for (int v = 0; v < vectors; v++) {
        asm.prefetch(Mem.at(ROW, v * code.bytes)); // the next tile: its loads come all at once
      }
      asm.add(ROW, STRIDE);
    }
    asm.bind(ready);
  }

  private void products() {
    asm.mov(A_AT, A_TILE);
    code.argument(B_AT, B);
    repeat(STEPS, UNROLLED);
    repeat(REST, 1);
  }

  private void repeat(int count, int words) {
    Label none = new Label();
    code.argument(COUNTER, count);
    asm.cmp(COUNTER, 0);
    asm.jump(Assembler.Condition.EQUAL, none);
    int aBytes = 4 * shape.rows();
    int bBytes = 4 * shape.cols();
    code.loop(
        COUNTER,
        () -> {
          for (int k = 0; k < words; k++) {
            word(k * aBytes, k * bBytes);
          }
          asm.add(A_AT, words * aBytes);
          asm.add(B_AT, words * bBytes);
        });
    asm.bind(none);
  }

  private void word(int a, int b) {
    int first = shape.rows() * vectors;
    for (int v = 0; v < vectors; v++) {
      asm.op(Op.VMOVUPS, code.v(first + v), Mem.at(B_AT, b + v * code.bytes));
    }
    for (int r = 0; r < shape.rows(); r++) {
      Vec all = code.v(spare + next++ % ((code.wide() ? 32 : 16) - spare));
      asm.op(Op.VBROADCASTSS, all, Mem.at(A_AT, a + 4 * r));
      for (int v = 0; v < vectors; v++) {
        asm.op(product, sum(r, v), all, code.v(first + v));
      }
    }
  }

  /** Leaves the next tile's first row in {@link #ROW}. */
  private void store() {
    asm.mov(ROW, C_TILE);
    for (int r = 0; r < shape.rows(); r++) {
      for (int v = 0; v < vectors; v++) {
        asm.op(Op.VMOVUPS_STORE, sum(r, v), Mem.at(ROW, v * code.bytes));
      }
      asm.add(ROW, STRIDE);
    }
  }

  private Vec sum(int r, int v) {
    return code.v(r * vectors + v);
  }
}
