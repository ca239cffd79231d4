// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * Emits what {@link IntegerProduct} does with panels, by tile registers: the exact sums of a group
 * of all tokens and 16 rows in one instruction, which are then scaled and added in the same order,
 * so that the bits are those of other levels.
 *
 * <p>Lines of tokens are a tile as they lie, and so are the quads of a panel. The sums of a group
 * go through scratch memory; those of the next one are on their way while vectors take these in,
 * since a tile's way from product to vector is longer than the work on one group.
 *
 * <p>Registers, T tokens: 0 … T−1 the sums of the outputs, then a sum and its scale, the weights'
 * scale or minimum, and constants.
 */
final class AmxPanels {
  /** Most tokens of a kernel: the rows of a tile register. */
  static final int TOKENS = TileShape.REGISTER;

  /** Fewest tokens for which decoding into panels pays: fewer are multiplied as they stream. */
  static final int FEWEST = 9;

  /** Bytes of scratch memory: two groups of two parts. */
  static final int SCRATCH_BYTES = 4 * TileShape.REGISTER * Lines.BYTES;

  private static final int BUFFER = SCRATCH_BYTES / 2;

  private static final int SUMS = 0;
  private static final int X_TILE = 2;
  private static final int W_TILE = 4;

  private static final Gp WEIGHTS = Gp.RAX;
  private static final Gp X = Gp.RCX;
  private static final Gp COUNT = Gp.R8;
  private static final Gp ROW = Gp.R9;
  private static final Gp STRIDE = Gp.R10;
  private static final Gp LINE = Gp.R11;
  private static final Gp INIT_TILE = Gp.R13;
  private static final Gp Y_TILE = Gp.R12;
  private static final Gp WEIGHTS_TILE = Gp.R15;
  private static final Gp TILES = Gp.RBX;
  private static final Gp NOW = Gp.R14;
  private static final Gp NEXT = Gp.RDX;

  private final Code code;
  private final Assembler asm;
  private final int tokens;
  private final int parts;
  private final boolean hasMin;
  private final Vec sum;
  private final Vec spare;
  private final Vec weights;

  private AmxPanels(Code code, int tokens, int parts, boolean hasMin) {
    this.code = code;
    this.asm = code.asm;
    this.tokens = tokens;
    this.parts = parts;
    this.hasMin = hasMin;
    this.sum = code.v(tokens);
    this.spare = code.v(tokens + 1);
    this.weights = code.v(tokens + 2);
  }

  /** The machine code for {@code tokens} tokens and panels of that kind. */
  static byte[] make(Level level, int tokens, int parts, boolean hasMin) {
    return Code.make(level, 64, 32, code -> new AmxPanels(code, tokens, parts, hasMin).tiles());
  }

  /** Sums and lines have a row a token, weights one a quad. */
  private Mem shapes() {
    return new TileShapes()
        .with(SUMS, X_TILE - 1, tokens, 64)
        .with(X_TILE, W_TILE - 1, tokens, 32 / parts)
        .with(W_TILE, W_TILE + 1, 8 / parts, 64)
        .in(code);
  }

  private void tiles() {
    asm.tileShapes(shapes());
    code.argument(WEIGHTS_TILE, Arguments.WEIGHTS);
    code.argument(INIT_TILE, Arguments.INIT);
    code.argument(Y_TILE, Arguments.Y);
    code.argument(TILES, Arguments.TILES);
    code.argument(NOW, Arguments.SCRATCH);
    asm.lea(NEXT, Mem.at(NOW, BUFFER));
    asm.mov(LINE, Lines.BYTES);
    code.loop(
        TILES,
        () -> {
          tile();
          asm.add(WEIGHTS_TILE, Mem.at(Gp.RDI, 8 * Arguments.WEIGHTS_STEP));
          asm.add(INIT_TILE, Mem.at(Gp.RDI, 8 * Arguments.INIT_STEP));
          asm.add(Y_TILE, 64);
        });
    asm.tileRelease();
  }

  private void tile() {
    Label last = new Label();
    Label again = new Label();
    asm.mov(WEIGHTS, WEIGHTS_TILE);
    code.argument(X, Arguments.X);
    products(0, 0, NOW);
    asm.mov(ROW, INIT_TILE);
    code.argument(STRIDE, Arguments.INIT_STRIDE);
    for (int t = 0; t < tokens; t++) {
      asm.op(Op.VMOVUPS, code.v(t), Mem.at(ROW));
      asm.add(ROW, STRIDE);
    }
    code.argument(COUNT, Arguments.BLOCKS);
    asm.bind(again);
    asm.sub(COUNT, 1);
    asm.jump(Assembler.Condition.EQUAL, last);
    products(PanelBlocks.groupBytes(parts, hasMin), tokens * Lines.BYTES, NEXT);
    take();
    asm.add(WEIGHTS, PanelBlocks.groupBytes(parts, hasMin));
    asm.add(X, tokens * Lines.BYTES);
    asm.mov(ROW, NOW);
    asm.mov(NOW, NEXT);
    asm.mov(NEXT, ROW);
    asm.jump(again);
    asm.bind(last);
    take();
    asm.mov(ROW, Y_TILE);
    code.argument(STRIDE, Arguments.Y_STRIDE);
    for (int t = 0; t < tokens; t++) {
      asm.op(Op.VMOVUPS_STORE, code.v(t), Mem.at(ROW));
      asm.add(ROW, STRIDE);
    }
  }

  /** The integer sums of a group that lies that far on. */
  private void products(int weightsOn, int linesOn, Gp to) {
    for (int part = 0; part < parts; part++) {
      int quads = part * 8 / parts;
      asm.tileZero(SUMS + part);
      asm.tileLoad(X_TILE + part, Mem.at(X, LINE, 1, linesOn + 4 * quads));
      asm.tileLoad(W_TILE + part, Mem.at(WEIGHTS, LINE, 1, weightsOn + 64 * quads));
      asm.tileBytesProduct(SUMS + part, X_TILE + part, W_TILE + part);
    }
    for (int part = 0; part < parts; part++) {
      asm.tileStore(Mem.at(to, LINE, 1, part * TOKENS * 64), SUMS + part);
    }
  }

  /** Scales a group's sums and adds them. */
  private void take() {
    for (int part = 0; part < parts; part++) {
      asm.op(Op.VMOVUPS, weights, Mem.at(WEIGHTS, 64 * (8 + part)));
      for (int t = 0; t < tokens; t++) {
        Mem exact = Mem.at(NOW, 64 * (part * TOKENS + t));
        if (hasMin) {
          asm.op(Op.VCVTDQ2PS, sum, exact);
        } else {
          int bias = parts == 1 ? Lines.BIAS : Lines.BIAS_OF_HALF + 4 * part;
          asm.op(Op.VPBROADCASTD, sum, line(t, bias));
          asm.op(Op.VPADDD, sum, sum, exact);
          asm.op(Op.VCVTDQ2PS, sum, sum);
        }
        asm.op(Op.VMULPS, spare, weights, line(t, Lines.SCALE).toAll());
        asm.op(Op.VFMADD231PS, code.v(t), sum, spare);
      }
    }
    for (int part = 0; hasMin && part < parts; part++) {
      asm.op(Op.VMOVUPS, weights, Mem.at(WEIGHTS, 64 * (8 + parts + part)));
      int all = parts == 1 ? Lines.SUM : Lines.SUM_OF_HALF + 4 * part;
      for (int t = 0; t < tokens; t++) {
        asm.op(Op.VFMADD231PS, code.v(t), weights, line(t, all).toAll());
      }
    }
  }

  private Mem line(int t, int offset) {
    return Mem.at(X, t * Lines.BYTES + offset);
  }
}
