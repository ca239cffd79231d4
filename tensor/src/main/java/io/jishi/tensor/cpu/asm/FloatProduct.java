// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.DType;

/**
 * Emits {@code y[t, o] += Σ_i x[t, i] · w[o, i]} for float weights: tiles of 16 rows, rows across
 * the lanes, columns in ascending order, times a fixed number of tokens.
 *
 * <p>Registers, T tokens: 0 … T−1 the sums, then three for weights and one spare. FP32 products are
 * one fused multiply-add a column and token. BF16 products take two columns at a time ({@code
 * vdpbf16ps}); half-precision weights are rounded to BF16 on the way.
 *
 * <p>Arguments: see {@link Arguments}; a block is one line of the activations, 16 columns of floats
 * or 32 of BF16.
 */
final class FloatProduct {
  /** Most tokens of a kernel with vectors of 512 bits. */
  static final int WIDE_TOKENS = 16;

  /** The same for 256 bits. */
  static final int NARROW_TOKENS = 8;

  private static final Gp WEIGHTS_TILE = Gp.R15;
  private static final Gp INIT_TILE = Gp.R13;
  private static final Gp Y_TILE = Gp.R12;
  private static final Gp TILES = Gp.RBX;
  private static final Gp WORDS = Gp.RAX;
  private static final Gp X = Gp.RCX;
  private static final Gp COUNT = Gp.R8;
  private static final Gp ROW = Gp.R9;
  private static final Gp STRIDE = Gp.R10;

  private final Code code;
  private final Assembler asm;
  private final DType type;
  private final boolean bf16;
  private final int tokens;
  private final Vec a;
  private final Vec b;
  private final Vec c;
  private final Vec spare;

  private FloatProduct(Code code, DType type, boolean bf16, int tokens) {
    this.code = code;
    this.asm = code.asm;
    this.type = type;
    this.bf16 = bf16;
    this.tokens = tokens;
    this.a = code.v(tokens);
    this.b = code.v(tokens + 1);
    this.c = code.v(tokens + 2);
    this.spare = code.v(tokens + 3);
  }

  /** The machine code for {@code tokens} tokens; {@code bf16} asks for BF16 products. */
  static byte[] make(Level level, DType type, boolean bf16, int tokens) {
    return Code.make(
        level,
        level.bytes(),
        tokens + 4,
        code -> new FloatProduct(code, type, bf16, tokens).tiles());
  }

  private void tiles() {
    code.argument(WEIGHTS_TILE, Arguments.WEIGHTS);
    code.argument(INIT_TILE, Arguments.INIT);
    code.argument(Y_TILE, Arguments.Y);
    code.argument(TILES, Arguments.TILES);
    code.loop(
        TILES,
        () -> {
          for (int lane = 0; lane < 64; lane += code.bytes) {
            tile(lane);
          }
          asm.add(WEIGHTS_TILE, Mem.at(Gp.RDI, 8 * Arguments.WEIGHTS_STEP));
          asm.add(INIT_TILE, Mem.at(Gp.RDI, 8 * Arguments.INIT_STEP));
          asm.add(Y_TILE, 64);
        });
  }

  private void tile(int lane) {
    asm.mov(WORDS, WEIGHTS_TILE);
    code.argument(X, Arguments.X);
    code.argument(COUNT, Arguments.BLOCKS);
    asm.mov(ROW, INIT_TILE);
    code.argument(STRIDE, Arguments.INIT_STRIDE);
    for (int t = 0; t < tokens; t++) {
      asm.op(Op.VMOVUPS, code.v(t), Mem.at(ROW, lane));
      asm.add(ROW, STRIDE);
    }
    code.loop(COUNT, () -> line(lane));
    asm.mov(ROW, Y_TILE);
    code.argument(STRIDE, Arguments.Y_STRIDE);
    for (int t = 0; t < tokens; t++) {
      asm.op(Op.VMOVUPS_STORE, code.v(t), Mem.at(ROW, lane));
      asm.add(ROW, STRIDE);
    }
  }

  private void line(int lane) {
    int words = type == DType.F32 || bf16 ? 16 : 8;
    for (int k = 0; k < words; k++) {
      Mem word = Mem.at(WORDS, 64 * k + lane);
      if (tokens > 1 && lane == 0) {
        code.fetch(word);
      }
      if (bf16) {
        pair(word, k);
      } else if (type == DType.F32) {
        asm.op(Op.VMOVUPS, a, word);
        products(Op.VFMADD231PS, a, k);
      } else {
        split(word);
        products(Op.VFMADD231PS, b, 2 * k);
        products(Op.VFMADD231PS, c, 2 * k + 1);
      }
    }
    asm.add(WORDS, 64 * words);
    asm.add(X, tokens * Lines.BYTES);
  }

  private void pair(Mem word, int k) {
    if (type == DType.BF16) {
      asm.op(Op.VMOVUPS, a, word);
    } else {
      asm.op(Op.VCVTPH2PS, a, word);
      asm.op(Op.VCVTPH2PS, b, word.plus(32));
      asm.op(Op.VCVTNE2PS2BF16, a, b, a);
    }
    products(Op.VDPBF16PS, a, k);
  }

  /** Two columns as floats: the even one in b, the odd one in c. */
  private void split(Mem word) {
    asm.op(Op.VMOVUPS, a, word);
    if (type == DType.BF16) {
      asm.op(Op.VPSLLD, b, a, 16);
      asm.op(Op.VPAND, c, a, code.all(0xFFFF0000));
    } else {
      code.lowHalves(b, a, spare);
      code.highHalves(c, a, spare);
    }
  }

  private void products(Op op, Vec weights, int k) {
    for (int t = 0; t < tokens; t++) {
      Mem x = Mem.at(X, t * Lines.BYTES + 4 * k);
      if (code.wide()) {
        asm.op(op, code.v(t), weights, x.toAll());
      } else {
        asm.op(Op.VBROADCASTSS, spare, x);
        asm.op(op, code.v(t), weights, spare);
      }
    }
  }
}
