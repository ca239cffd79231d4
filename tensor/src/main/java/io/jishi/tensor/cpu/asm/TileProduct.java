// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * Emits {@code C[i, j] (+)= Σ_p A[i, p] · B[p, j]} of panels of B and of what {@link Left} says of
 * A: tiles of {@link TileShape#rows} rows by up to three vectors of columns.
 *
 * <p>Tile of packed panels: 8 × 48 with 512 bits, 4 × 24 with 256. Three vectors wide because a
 * step over p then takes rows + 3 loads for 3 · rows products: 11 for 24, where 12 × 32 takes 14
 * and the square of two vectors the more. Registers: rows · vectors sums, then the vectors of B,
 * the rest in turn for broadcasts of A; broadcasts are instructions of their own, since as operands
 * they would be loaded once a product. The sums are one chain over ascending p that starts from C
 * or 0, so that neither the blocking of p nor the place of a tile changes a bit.
 *
 * <p>A word is one float (FP32) or two BF16 that belong to two successive p.
 *
 * <p>Arguments, 8 bytes each: {@link #A}, {@link #A_STEP}, {@link #B}, {@link #C}, {@link
 * #C_STRIDE}, {@link #STEPS}, {@link #REST}, {@link #PANELS}, {@link #ADD}; of other left factors
 * than panels also {@link #A_STRIDE}, {@link #B_STEP}, {@link #B_PANELS}.
 */
final class TileProduct {
  /** Where the words of A lie. */
  enum Left {
    /** In panels {@code [words, rows]}. */
    PANELS,
    /** Row by row. */
    ROWS,
    /** Word by word: those of all rows side by side. */
    TURNED
  }

  /** The first panel of A, or the first word. */
  static final int A = 0;

  /** Bytes from one panel of A to the next, or from the rows of one tile to those of the next. */
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

  /** Bytes from row to row of A, or from word to word of one that is turned. */
  static final int A_STRIDE = 9;

  /** Bytes from one panel of B to the next. */
  static final int B_STEP = 10;

  /** Panels of B, at least one: C goes on to the right. */
  static final int B_PANELS = 11;

  /** How many there are. */
  static final int COUNT = 12;

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
  private static final Gp A_STEPS = Gp.RSI;
  private static final Gp B_TILE = Gp.R13;
  private static final Gp B_LEFT = Gp.R14;
  private static final Gp C_PANEL = Gp.RBP;

  /** Every third row; the two behind it are once and twice the stride away. */
  private static final Gp[] THIRDS = {A_AT, Gp.R11, Gp.RDX};

  private final Code code;
  private final Assembler asm;
  private final Op product;
  private final Left left;
  private final TileShape shape;
  private final int vectors;
  private final int spare;
  private int next;

  private TileProduct(Code code, Op product, Left left, TileShape shape, int vectors) {
    this.code = code;
    this.asm = code.asm;
    this.product = product;
    this.left = left;
    this.shape = shape;
    this.vectors = vectors;
    spare = (shape.rows() + 1) * vectors;
  }

  /** The machine code of tiles of {@code vectors} vectors of packed panels. */
  static byte[] make(Level level, PanelWriter.Words words, int vectors) {
    return words == PanelWriter.Words.TILES
        ? AmxProduct.make(level, vectors)
        : make(level, words, Left.PANELS, TileShape.of(level, words), vectors);
  }

  /** The same of another left factor. */
  static byte[] make(
      Level level, PanelWriter.Words words, Left left, TileShape shape, int vectors) {
    Op product = words.pairs() ? Op.VDPBF16PS : Op.VFMADD231PS;
    int registers = level.bytes() == 64 ? 32 : 16;
    return Code.make(
        level,
        level.bytes(),
        registers,
        code -> new TileProduct(code, product, left, shape, vectors).all());
  }

  private void all() {
    code.argument(B_TILE, B);
    code.argument(STRIDE, C_STRIDE);
    code.argument(C_PANEL, C);
    if (left == Left.PANELS) {
      panels();
      return;
    }
    code.argument(A_STEPS, A_STRIDE);
    code.argument(B_LEFT, B_PANELS);
    code.loop(
        B_LEFT,
        () -> {
          panels();
          asm.add(B_TILE, Mem.at(Gp.RDI, 8 * B_STEP));
          asm.add(C_PANEL, vectors * code.bytes);
        });
  }

  private void panels() {
    code.argument(A_TILE, A);
    code.argument(LEFT, PANELS);
    asm.mov(C_TILE, C_PANEL);
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
        ask(v); // the stores at the end would wait for memory
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
        ask(v); // the next tile: its loads come all at once
      }
      asm.add(ROW, STRIDE);
    }
    asm.bind(ready);
  }

  /** C of other products than those of panels is small enough to be near already. */
  private void ask(int vector) {
    if (left == Left.PANELS) {
      asm.prefetch(Mem.at(ROW, vector * code.bytes));
    }
  }

  private void products() {
    asm.mov(A_AT, A_TILE);
    for (int i = 1; left == Left.ROWS && i < thirds(); i++) {
      asm.lea(THIRDS[i], Mem.at(THIRDS[i - 1], A_STEPS, 2, 0));
      asm.add(THIRDS[i], A_STEPS);
    }
    asm.mov(B_AT, B_TILE);
    repeat(STEPS, UNROLLED);
    repeat(REST, 1);
  }

  private int thirds() {
    return left == Left.ROWS ? Math.ceilDiv(shape.rows(), 3) : 1;
  }

  private void repeat(int count, int words) {
    Label none = new Label();
    code.argument(COUNTER, count);
    asm.cmp(COUNTER, 0);
    asm.jump(Assembler.Condition.EQUAL, none);
    int aBytes = left == Left.PANELS ? 4 * shape.rows() : 4;
    int bBytes = 4 * shape.cols();
    code.loop(
        COUNTER,
        () -> {
          for (int k = 0; k < words; k++) {
            word(k * aBytes, k * bBytes);
          }
          for (int i = 0; left != Left.TURNED && i < thirds(); i++) {
            asm.add(THIRDS[i], words * aBytes);
          }
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
      asm.op(Op.VBROADCASTSS, all, wordOfA(r, a));
      for (int v = 0; v < vectors; v++) {
        asm.op(product, sum(r, v), all, code.v(first + v));
      }
    }
    if (left == Left.TURNED) {
      asm.add(A_AT, A_STEPS);
    }
  }

  private Mem wordOfA(int r, int at) {
    return switch (left) {
      case PANELS -> Mem.at(A_AT, at + 4 * r);
      case TURNED -> Mem.at(A_AT, 4 * r);
      case ROWS ->
          r % 3 == 0 ? Mem.at(THIRDS[r / 3], at) : Mem.at(THIRDS[r / 3], A_STEPS, r % 3, at);
    };
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
